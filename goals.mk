# SPDX-License-Identifier: GPL-2.0-only
#
# The goals of a checkout that is not in a kernel tree.

export CHANGELOG TREE REV KERNEL KERNELS JOBS TEST TESTS FIX MESSAGE REPEAT FILE KDIR CPUS MEM V
export VMLINUX_BTF VMLINUX_H TASK_EXIT_STRICT MUTANTS QUICK FULL OPTIONS

# The command ends with make, even if make is killed.
exec_child := exec setpriv --pdeathsig TERM

.PHONY: help vmtest verdict matrix bisect mutants parse bench install-tree uninstall-tree clean
.PHONY: check check-bisect check-config check-debian check-fleet check-page
.DEFAULT_GOAL := help

define HELP
task_exit: checks what a kernel guarantees about tasks that exit

  make vmtest            run the suite on a kernel in a virtual machine
  make verdict           which upstream fixes a kernel has, and which to pick
  make matrix            run the suite on many kernels; writes results/matrix.html
  make bisect TEST=NAME  find the first kernel that fails a test; FIX=1: that passes it
  make parse FILE=       print saved results, or those in a console log
  make bench             measure the overhead of the virtual machine runner
  make check             test this project; slower: check-page (browser), check-fleet (LAVA),
                         check-debian (new machines), check-bisect (git bisect),
                         check-config (kernels without one option, OPTIONS="FUSE_FS")
  make mutants           build kernels with one bug each: which test fails?
  make install-tree KDIR=~/linux   add the suite to a kernel tree; uninstall-tree: remove it

Variables of vmtest, verdict and bench:

  KERNEL=7.1             a series or version in Debian's archive, or a bzImage (newest)
  TESTS="cgroup_rmdir"   programs, or tests (cgroup_rmdir.NAME); not for verdict
  FILE=results.ktap      use saved results instead of a kernel (verdict, parse)
  CHANGELOG=FILE, TREE=~/linux REV=HEAD   compare with what these claim (verdict)
  KDIR=~/linux           build with this kernel tree instead of Debian's
  VMLINUX_BTF=, VMLINUX_H=   build with the types of another kernel
  CPUS=2 MEM=512         of the virtual machine; MEM in MiB
  TASK_EXIT_STRICT=1     count expected failures as failures (vmtest)
  V=1                    show the build and the kernel log; verdict: list all tests

Variables of the others (matrix and bisect also take CPUS, MEM and KDIR):

  KERNELS="6.18 7.3-rt"  the kernels to use (matrix, bisect, check)
  JOBS=2                 virtual machines at a time (matrix, mutants); matrix also takes TESTS
  REPEAT=10              runs per kernel (vmtest, bisect, check, mutants)
  MESSAGE=REGEX          count only failures with this message (bisect)
  CHECKS="unit style"    run only these checks (check)
  MUTANTS= QUICK=1 FULL=1   see mutants/README.md (mutants)

make exits with 2 for any failure. scripts/vmtest takes the same variables and exits with
0 passed, 1 a test failed, 2 usage or setup error, 3 machine failed, 4 all skipped. make
verdict succeeds if it has an answer; scripts/report verdict exits with it (see --help).
endef

help:
	@:$(info $(HELP))

vmtest:
	@$(exec_child) scripts/vmtest run

# For make, a missing fix is not an error.
verdict:
	@$(exec_child) env ANSWERS_PASS=1 scripts/report $@

parse matrix:
	@$(exec_child) scripts/report $@

bisect:
	@$(exec_child) scripts/bisect

mutants:
	@$(exec_child) scripts/mutants

check:
	@$(exec_child) check/run $(CHECKS)

# Not part of "make check": they take too long or need too many packages.
check-page check-fleet check-debian check-config:
	@$(exec_child) check/run $(@:check-%=%)

check-bisect:
	@$(exec_child) check/run git-bisect

bench:
	@$(exec_child) scripts/vmtest bench

install-tree:
	@$(exec_child) scripts/install-tree $(if $(KDIR),"$(KDIR)")

uninstall-tree:
	@$(exec_child) scripts/install-tree --undo $(if $(KDIR),"$(KDIR)")

clean:
	@rm -rf obj task_exit task_exit_* cgroup_* scx_*
