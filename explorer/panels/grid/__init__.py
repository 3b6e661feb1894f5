"""The images of the open data set as a grid."""
