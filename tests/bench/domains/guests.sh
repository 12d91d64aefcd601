# The domUs of a scenario: a kernel that is not packed, for unpacking it takes
# long, and a processor's own TSC, which Xen emulates by default.
sed -i 's|^kernel = .*|kernel = "/bench/vmlinux"|' /etc/xen/demo.cfg
echo 'tsc_mode = "native"' >>/etc/xen/demo.cfg
