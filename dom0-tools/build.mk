# dom0-tools: see the top Makefile
