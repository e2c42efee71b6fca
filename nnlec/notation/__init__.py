"""Formulas as trees: written as text, LaTeX or MathML, with numbers put in."""
