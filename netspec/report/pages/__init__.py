"""The pages of `netspec explain` and of the reference, made from the declarations and nothing else."""
