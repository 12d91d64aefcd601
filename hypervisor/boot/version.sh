#!/bin/sh
# The strings of xen_version's compile_info, as C. Argument: the compiler.
set -eu
rev=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
cat <<C
#include <hv/boot.h>

const char hv_version[] = "0.1";
const char hv_changeset[] = "$rev";
const char hv_compiler[] = "$("$1" --version | head -n 1)";
const char hv_compile_by[] = "$(id -un)";
const char hv_compile_domain[] = "localdomain";
const char hv_compile_date[] = "$(LC_ALL=C date -u)";
C
