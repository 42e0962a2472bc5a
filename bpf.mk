# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the BPF programs: libbpf and bpftool of the kernel tree, vmlinux.h from a
# BTF, and NAME.bpf.c to a skeleton. The rules down to "SKELETONS END" do what
# tools/testing/selftests/lib.bpf.mk (under review) will do for all targets: replace
# them by an include of that file.

# Makefile.include replaces the CC of lib.mk, which has --target for clang. And a --sysroot of
# the user overrides the one in its flags.
LIB_MK_CC := $(CC)
include ../../../scripts/Makefile.arch
include ../../../scripts/Makefile.include
CC := $(LIB_MK_CC)
CFLAGS += $(USERCFLAGS)

TOOLSDIR := $(abspath ../../..)
LIBBPF := $(OBJ)/libbpf/libbpf.a
BPFTOOL ?= $(OBJ)/bpftool/bootstrap/bpftool
SCX_INCLUDE := $(TOOLSDIR)/sched_ext/include
BPF_OBJECTS := $(BPF_SUITE:%=$(OBJ)/%.bpf.o)

# For the target, with its CC, which with LLVM=1 has --target. install_headers puts <bpf/*.h>
# below $(OBJ)/include.
$(LIBBPF): $(wildcard $(TOOLSDIR)/lib/bpf/*.[ch] $(TOOLSDIR)/lib/bpf/Makefile)
	$(call msg,MAKE,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MAKE) $(submake_extras) -s -C $(TOOLSDIR)/lib/bpf OUTPUT=$(@D)/ \
		CC="$(CC)" EXTRA_CFLAGS='-O2 -fPIC $(filter-out -W%,$(USERCFLAGS))' \
		DESTDIR=$(OBJ)/ prefix= $@ install_headers
	$(Q)touch $@

# For this machine. Nothing is signed, so that no OpenSSL is needed.
$(OBJ)/bpftool/bootstrap/bpftool: $(wildcard $(TOOLSDIR)/bpf/bpftool/*.[ch])
	$(call msg,MAKE,,$@)
	$(Q)mkdir -p $(OBJ)/bpftool
	$(Q)$(MAKE) $(submake_extras) -s -C $(TOOLSDIR)/bpf/bpftool OUTPUT=$(OBJ)/bpftool/ \
		ARCH= CROSS_COMPILE= CC="$(HOSTCC)" SKIP_CRYPTO=1 bootstrap

$(OBJ)/include/vmlinux.h: $(or $(VMLINUX_H),$(VMLINUX_BTF) $(BPFTOOL))
	$(call msg,GEN,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(if $(VMLINUX_H),cp $(VMLINUX_H) $@,\
		$(BPFTOOL) btf dump file $(VMLINUX_BTF) format c > $@)

BPF_CFLAGS := -g -O2 -mcpu=v3 -D__TARGET_ARCH_$(SRCARCH) -Ilib \
	-I$(OBJ)/include -I$(SCX_INCLUDE) -I$(SCX_INCLUDE)/bpf-compat \
	-idirafter $(TOOLSDIR)/include/uapi -fms-extensions -Wall \
	-Wno-microsoft-anon-tag -Wno-compare-distinct-pointer-types -Wno-missing-declarations

# Changes with the compilers, so that objects of another clang are rebuilt.
$(OBJ)/clang: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)for clang in $(BPF_CLANG) $(QMAP_CLANG); do $$clang --version; done > $@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OBJ)/%.bpf.o: %.bpf.c $(OBJ)/include/vmlinux.h $(LIBBPF) $(OBJ)/clang
	$(call msg,CLNG-BPF,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP --target=$(BPF_TARGET) -c $< -o $@

# Linking drops the DWARF, nine tenths of the object.
$(OBJ)/%.skel.h: $(OBJ)/%.bpf.o $(BPFTOOL) bpf.mk
	$(call msg,GEN-SKEL,,$@)
	$(Q)$(BPFTOOL) gen object $(<:.bpf.o=.linked.o) $<
	$(Q)$(BPFTOOL) gen skeleton $(<:.bpf.o=.linked.o) name $(*F) > $@

# SKELETONS END

# As system headers, so that they cause no warnings.
BPF_USERS := $(addprefix $(OBJ)/,$(addsuffix .o,$(BPF_LIBS) $(BPF_SUITE)))
$(BPF_USERS): CFLAGS += -isystem $(OBJ)/include -isystem $(SCX_INCLUDE) -isystem $(@D)
$(BPF_USERS): $(LIBBPF)
$(foreach test,$(BPF_SUITE),$(eval $(OBJ)/$(test).o: $(OBJ)/$(test).skel.h))

# As tools/sched_ext/Makefile builds it, but static and stripped.
$(OBJ)/qmap/scx_qmap.bpf.o: $(QMAP).bpf.c $(OBJ)/include/vmlinux.h $(LIBBPF) $(OBJ)/clang
	$(call msg,CLNG-BPF,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(QMAP_CLANG) $(BPF_CFLAGS) --target=$(BPF_TARGET) -c $< -o $@

$(OBJ)/qmap/scx_qmap.bpf.skel.h: $(OBJ)/qmap/scx_qmap.bpf.o $(BPFTOOL)
	$(call msg,GEN-SKEL,,$@)
	$(Q)$(BPFTOOL) gen object $(<:.bpf.o=.linked.o) $<
	$(Q)$(BPFTOOL) gen skeleton $(<:.bpf.o=.linked.o) name scx_qmap > $@

$(OUTPUT)/scx_qmap: $(QMAP).c $(OBJ)/qmap/scx_qmap.bpf.skel.h $(LIBBPF) $(ELF_GAP:%=$(OBJ)/%.o)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(CLANG_CROSS_FLAGS) $(USERCFLAGS) -O2 -s -pthread -w \
		-I$(OBJ)/include -I$(OBJ)/qmap -I$(SCX_INCLUDE) \
		-I$(TOOLSDIR)/include -I$(TOOLSDIR)/include/uapi \
		$< $(filter %.o,$^) $(LIBBPF) $(LDFLAGS) $(LDLIBS) -o $@

.PHONY: FORCE
-include $(BPF_OBJECTS:.o=.d)
.SECONDARY: $(BPF_OBJECTS) $(BPF_OBJECTS:.bpf.o=.skel.h)
