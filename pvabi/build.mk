# pvabi: see the top Makefile
