"""Offline work on the classifier: data sets, training and export; never imported by online code."""
