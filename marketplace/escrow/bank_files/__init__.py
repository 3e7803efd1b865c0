"""The files a bank gives and takes, read and written. Pure: text in, frozen values out."""
