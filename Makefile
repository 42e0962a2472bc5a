# SPDX-License-Identifier: GPL-2.0-only
#
# task_exit: a kselftest target. It sits at tools/testing/selftests/task_exit of
# a kernel tree and is built, run and installed there like every other:
#
#	make -C tools/testing/selftests TARGETS=task_exit run_tests
#
# A checkout outside of a kernel tree has no lib.mk next to it; it has the goals
# of goals.mk: "make help" lists them.
#
# All test programs are links to one executable, task_exit (see lib/program.h).
# The cgroup tests are always in it, the sched_ext tests where they can be built:
# that takes clang, libelf and the BTF of a kernel with sched_ext. Where one is
# missing they are left out and one line says why; FORCE_TARGETS=1 makes that an
# error. What can be set:
#
#	VMLINUX_BTF=	a vmlinux, or raw BTF, of a kernel with sched_ext
#	VMLINUX_H=	a vmlinux.h, instead of one made from VMLINUX_BTF
#	BPFTOOL=	a bpftool, instead of the tree's own
#	BPF_CLANG=	the clang that compiles BPF, 16 or later
#	STATIC=0	link dynamically (static, where that works, so that what
#			is installed runs on any root file system)

ifeq ($(wildcard ../lib.mk),)
include goals.mk
else

CGROUP_TESTS := $(sort $(basename $(notdir $(wildcard cgroup/*.c))))
SCX_TESTS := $(sort $(patsubst %.bpf.c,%,$(notdir $(wildcard sched_ext/*.bpf.c))))

include bpf-probe.mk

TEST_GEN_PROGS := $(addprefix cgroup_,$(CGROUP_TESTS))
ifeq ($(BPF_MISSING),)
TEST_GEN_PROGS += $(addprefix scx_,$(SCX_TESTS))
endif
TEST_GEN_FILES := task_exit

OVERRIDE_TARGETS := 1
include ../lib.mk

OBJ := $(OUTPUT)/obj

# Cleaning removes what any build may have left, whatever this one would build.
override define CLEAN
	$(RM) -r $(OBJ)
	$(RM) $(OUTPUT)/task_exit $(addprefix $(OUTPUT)/cgroup_,$(CGROUP_TESTS))
	$(RM) $(addprefix $(OUTPUT)/scx_,$(SCX_TESTS))
endef

CFLAGS += -std=gnu11 -O2 -Wall -Wextra -Ilib -I$(selfdir) $(KHDR_INCLUDES) $(TOOLS_INCLUDES)
LDFLAGS += $(STATIC_FLAG)

# Some objects of lib/ are for BPF schedulers only.
SCX_LIBS := scheduler
LIBS := $(filter-out $(SCX_LIBS),$(basename $(notdir $(wildcard lib/*.c))))
OBJECTS := $(LIBS:%=$(OBJ)/lib/%.o) $(CGROUP_TESTS:%=$(OBJ)/cgroup/%.o)

ifeq ($(BPF_MISSING),)
OBJECTS += $(SCX_LIBS:%=$(OBJ)/lib/%.o) $(SCX_TESTS:%=$(OBJ)/sched_ext/%.o)
include bpf.mk
endif

# Each test program has the harness in it, with global symbols of the same names.
# A program is found by its constructor and needs no symbol of its own: hide all.
OBJCOPY := $(if $(LLVM),$(LLVM_PREFIX)llvm-objcopy$(LLVM_SUFFIX),$(CROSS_COMPILE)objcopy)
hide_symbols = $(OBJCOPY) --keep-global-symbol=none_at_all $@

$(OBJ)/cgroup/%.o: cgroup/%.c
	$(call msg,CC,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(hide_symbols)

$(OBJ)/lib/%.o: lib/%.c
	$(call msg,CC,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUTPUT)/task_exit: $(OBJECTS) $(LIBBPF)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(OUTPUT)/cgroup_% $(OUTPUT)/scx_%: $(OUTPUT)/task_exit
	$(call msg,LN,,$@)
	$(Q)ln -sf task_exit $@

-include $(OBJECTS:.o=.d)

.DELETE_ON_ERROR:

endif
