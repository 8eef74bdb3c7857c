"""The zoo against reference models, published figures, and training."""
