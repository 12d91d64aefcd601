# tests: see the top Makefile
