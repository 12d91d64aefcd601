# hypervisor: see the top Makefile
