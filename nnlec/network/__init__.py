"""Networks and what they compute: layers, activations, losses, the fast pass over tables and the exact trace."""
