"""Neural CRNs: chemistry that learns, its data, its training and the same mathematics in plain NumPy.

The circuits follow R. T. Nagipogu and J. H. Reif, "Neural CRNs" (arXiv 2409.00034).
Nothing here knows of DNA.
"""
