"""How each format draws a block of maps; `nnlec.rendering.document.maps` says what it is made of."""
