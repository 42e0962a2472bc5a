# SPDX-License-Identifier: GPL-2.0-only
#
# How a BPF scheduler becomes part of the executable: libbpf and bpftool from
# the kernel tree, vmlinux.h from a BTF, NAME.bpf.c to a skeleton to an object.

include ../../../scripts/Makefile.arch
include ../../../scripts/Makefile.include

TOOLSDIR := $(abspath ../../..)
LIBBPF := $(OBJ)/libbpf/libbpf.a
BPFTOOL ?= $(OBJ)/bpftool/bootstrap/bpftool
SCX_INCLUDE := $(TOOLSDIR)/sched_ext/include
SKELETONS := $(SCX_TESTS:%=$(OBJ)/include/%.skel.h)

# Its install_headers puts <bpf/*.h> below $(OBJ)/include.
$(LIBBPF): $(wildcard $(TOOLSDIR)/lib/bpf/*.[ch] $(TOOLSDIR)/lib/bpf/Makefile)
	$(call msg,MAKE,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MAKE) $(submake_extras) -s -C $(TOOLSDIR)/lib/bpf OUTPUT=$(@D)/ \
		EXTRA_CFLAGS='-O2 -fPIC' \
		DESTDIR=$(OBJ)/ prefix= $@ install_headers
	$(Q)touch $@

$(OBJ)/bpftool/bootstrap/bpftool: $(wildcard $(TOOLSDIR)/bpf/bpftool/*.[ch])
	$(call msg,MAKE,,$@)
	$(Q)mkdir -p $(OBJ)/bpftool
	$(Q)$(MAKE) $(submake_extras) -s -C $(TOOLSDIR)/bpf/bpftool OUTPUT=$(OBJ)/bpftool/ \
		CROSS_COMPILE= bootstrap

$(OBJ)/include/vmlinux.h: $(or $(VMLINUX_H),$(VMLINUX_BTF) $(BPFTOOL))
	$(call msg,GEN,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(if $(VMLINUX_H),cp $(VMLINUX_H) $@,\
		$(BPFTOOL) btf dump file $(VMLINUX_BTF) format c > $@)

BPF_CFLAGS := -g -O2 -mcpu=v3 -D__TARGET_ARCH_$(SRCARCH) -Ilib \
	-I$(OBJ)/include -I$(SCX_INCLUDE) -I$(SCX_INCLUDE)/bpf-compat \
	-idirafter $(TOOLSDIR)/include/uapi -fms-extensions -Wall \
	-Wno-microsoft-anon-tag -Wno-compare-distinct-pointer-types -Wno-missing-declarations

$(OBJ)/sched_ext/%.bpf.o: sched_ext/%.bpf.c $(OBJ)/include/vmlinux.h $(LIBBPF)
	$(call msg,CLNG-BPF,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP --target=bpf -c $< -o $@

$(OBJ)/include/%.skel.h: $(OBJ)/sched_ext/%.bpf.o $(BPFTOOL)
	$(call msg,GEN-SKEL,,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

# As system headers: what is not ours is not to be warned of.
SCX_CFLAGS := -isystem $(OBJ)/include -isystem $(SCX_INCLUDE)

$(OBJ)/sched_ext/%.o: sched_ext/%.c $(OBJ)/include/%.skel.h $(LIBBPF)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(SCX_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(hide_symbols)

$(SCX_LIBS:%=$(OBJ)/lib/%.o): CFLAGS += $(SCX_CFLAGS)
$(SCX_LIBS:%=$(OBJ)/lib/%.o): $(LIBBPF)

-include $(SCX_TESTS:%=$(OBJ)/sched_ext/%.bpf.d)
.SECONDARY: $(SKELETONS) $(SCX_TESTS:%=$(OBJ)/sched_ext/%.bpf.o)
