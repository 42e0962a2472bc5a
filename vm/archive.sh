# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Reads Debian's archive with a private apt state: installs nothing, leaves the machine's own
# apt lists alone, and has apt verify every signature.
#
# The index lists the packages in the archive, one per line:
#	kind  version  flavour  package  package-version  sha256  url
# where kind is kernel, source, changelog or busybox. Reading it takes milliseconds; asking apt
# takes seconds.

# use_arch ARCH: sets apt, index, suites and flavours, an expression for the flavours of the
# kernels. Each architecture has a directory with its own apt state.
use_arch()
{
	arch=$1
	apt=$cache/apt
	[ "$arch" = amd64 ] || apt+=-$arch
	index=$apt/index
	suites=$(arch_field "$arch" suites) || exit
	flavours=$(arch_field "$arch" flavours | tr ' ' '|') || exit
}

# Prints the Debian mirror that this machine uses, so that no host name is hard-coded.
mirror()
{
	local codename

	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
			'Created-By: Packages' 2>/dev/null |
		awk -v codename="$codename" '
			$3 != "main" { next }
			$2 != codename && $2 !~ /^(old)*stable$|^testing$/ { next }
			$4 == "Debian" && best == "" { best = $1 }
			first == "" { first = $1 }
			END { print best != "" ? best : first }'
}

keyring()
{
	local ring

	for ring in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[ -e "$ring" ] && echo "$ring" && return
	done
	die "the Debian archive's keys are missing; apt-get install debian-archive-keyring"
}

# Clears the machine's APT::Update hooks and its extra index targets. Downloads as root: the
# sandbox user may not be able to read a cache in a home directory.
write_apt_config()
{
	local uri ring suite

	uri=$(mirror)
	# Without lists apt names no mirror: images often delete them. Use the last one.
	[ -n "$uri" ] || uri=$(cat "$apt/mirror" 2>/dev/null) || true
	[ -n "$uri" ] ||
		die "apt names no Debian mirror (apt-get indextargets); add one to /etc/apt/sources.list"
	ring=$(keyring) || exit
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	echo "$uri" > "$apt/mirror"
	for suite in $suites; do
		echo "deb [arch=$arch target=Packages signed-by=$ring] $uri $suite main"
	done > "$apt/sources.list"
	cat > "$apt/apt.conf" <<-EOF
	#clear APT::Update;
	APT::Update::Error-Mode "any";
	APT::Architecture "$arch";
	APT::Architectures "$arch";
	APT::Sandbox::User "root";
	Acquire::Retries "2";
	Acquire::http::Timeout "20";
	Acquire::https::Timeout "20";
	Acquire::GzipIndexes "true";
	Dir::Etc::SourceList "$apt/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$apt/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$apt";
	EOF
}

# Only the flavours of vm/architectures; not dbg.
index_of_lists()
{
	local uri

	uri=$(cat "$apt/mirror")
	print_lists | awk -v uri="${uri%/}" -v flavours="$flavours" '
		BEGIN { flavour = "[0-9][0-9.]*\\+deb[0-9]+-(" flavours ")$" }
		/^Package: / { package = $2 }
		/^Version: / { version = $2 }
		/^Filename: / { file = $2 }
		/^SHA256: / { sha = $2 }
		/^$/ { entry(); package = "" }
		END { entry() }

		function entry(    rest, kind) {
			if (package ~ /^linux-source-[0-9.]+$/) {
				kind = "source"
				rest = substr(package, 14)
				print_entry(kind, rest, "source")
			} else if (package ~ "^linux-base-" flavour) {
				# Since 6.18 the changelog is in a separate package.
				rest = substr(package, 12)
				sub(/\+deb[0-9]+/, "", rest)
				print_entry("changelog", substr(rest, 1, index(rest, "-") - 1),
					    substr(rest, index(rest, "-") + 1))
			} else if (package ~ "^linux-(binary|binary-unsigned|image)-" flavour) {
				rest = package
				sub(/^linux-(binary-unsigned|binary|image)-/, "", rest)
				sub(/\+deb[0-9]+/, "", rest)
				print_entry("kernel", substr(rest, 1, index(rest, "-") - 1),
					    substr(rest, index(rest, "-") + 1))
			} else if (package == "busybox-static") {
				print_entry("busybox", version, "static")
			}
		}
		function print_entry(kind, release, flavour) {
			gsub(/\+/, "%2b", file)
			gsub(/~/, "%7e", file)
			print kind, release, flavour, package, version, sha, uri "/" file
		}'
}

print_lists()
{
	local list

	for list in "$apt"/lists/*_Packages*; do
		/usr/lib/apt/apt-helper cat-file "$list"
	done
}

# size_of SHA256: the size of a package, such as "13 MiB". It is not in the index, because
# older checkouts read the same index. Takes seconds; used only before a download.
size_of()
{
	print_lists 2>/dev/null | awk -v sha="$1" '
		/^Size: / { size = $2 }
		/^SHA256: / { found = $2 == sha }
		found && size { kib = size / 1024 }
		/^$/ { size = found = 0 }
		END {
			if (kib >= 1024)
				printf "%d MiB", kib / 1024
			else if (kib)
				printf "%d KiB", kib + 1
		}'
}

# Since 6.19 linux-image-V only depends on linux-binary-V, which has the kernel. Of packages
# with the same build, the signed one sorts first.
sort_index()
{
	awk '{
		rank = $4 ~ /^linux-image/ ? 1 : $4 ~ /unsigned/ ? 2 : 3
		flavour = $3 ~ /^cloud/ ? 2 : $3 ~ /^rt|-[0-9]+k$/ ? 0 : 1
		print $0, flavour, rank
	}' | sort -k1,1 -k2,2V -k8,8n -k9,9n -k5,5V | cut -d' ' -f1-7
}

newer_than_minutes()
{
	[ -n "$(find "$1" -maxdepth 0 -mmin "-$2" 2>/dev/null)" ]
}

# refresh [MINUTES]: updates the index if it is older than that (a day). If the archive cannot
# be reached, uses the old index, and tries the archive again after ten minutes; at once if
# there is no index.
refresh()
{
	local max_age=${1:-1440}

	newer_than_minutes "$index" "$max_age" && return
	if [ -s "$index" ] && newer_than_minutes "$apt/unreachable" 10; then
		note_old_index
		return
	fi
	take_lock
	newer_than_minutes "$index" "$max_age" || update
}

note_old_index()
{
	note "the archive $(cat "$apt/unreachable"); using its index of $(date -r "$index" +%F)"
}

# Prints why apt-get update failed. Removes files from lists/partial that could make the next
# attempt fail.
update_error()
{
	case ${output,,} in
	*"hash sum mismatch"* | *"unexpected size"* | *"splitting up"* | *clearsigned*)
		rm -rf "$apt/lists/partial"
		echo "is being updated" ;;
	*"gpg error"* | *"not signed"* | *signature*)
		echo "is not signed by Debian" ;;
	*)
		echo "cannot be reached ($(output_reason))" ;;
	esac
}

update()
{
	require_tool apt-get apt
	note "reading Debian's list of kernels"
	output=$(write_apt_config 2>&1) || die_disk_full_or "$output"
	if ! run_with_timeout 120 apt-get -c "$apt/apt.conf" -qq update; then
		die_if_disk_full
		archive_error=$(update_error)
		echo "$archive_error" > "$apt/unreachable"
		[ ! -s "$index" ] || note_old_index
		return
	fi
	output=$({ index_of_lists | sort_index > "$work/index"; } 2>&1) ||
		die_disk_full_or "cannot write the archive's index ($output); set XDG_CACHE_HOME"
	[ -s "$work/index" ] ||
		die "the archive $(cat "$apt/mirror") has no kernels in $suites; use another mirror"
	mv "$work/index" "$index"
	rm -f "$apt/unreachable"
}

# One writer of the cache and of apt's state at a time.
take_lock()
{
	[ -z "${lock:-}" ] || return 0
	exec {lock}> "$cache/lock"
	if ! flock -n "$lock"; then
		note "waiting for another vm/fetch"
		run_child flock -w 1800 "$lock" || die "another vm/fetch has held $cache/lock for 30 minutes; stop it"
	fi
}

# run_with_timeout SECONDS COMMAND...: sets output, from which the callers make a one-line
# error message; not a file, because the disk may be full.
run_with_timeout()
{
	local from status=0

	exec {from}< <(exec_child timeout -k 5 "$@" < /dev/null 2>&1)
	child=$!
	IFS= read -r -d '' -u "$from" output || true
	exec {from}<&-
	wait "$child" || status=$?
	child=
	return $status
}

# Prints the line of apt's output that has the reason, not the summary after it.
output_reason()
{
	local reason

	reason=$(sed -n '/^E: Failed to fetch [^ ]*  */{ s///p; q }' <<< "$output")
	if [ -n "$reason" ]; then
		echo "$reason"
		return
	fi
	{ grep -v -e '^W:' -e '^ *$' -e 'Download Failed' <<< "$output" || echo "no reason given"; } |
		tail -n 1 | sed 's/^E: //; s/^ *//'
}

# unpack_deb FILE DIR TAR-OPTION...: the package's files, into DIR
unpack_deb()
{
	# shellcheck disable=SC2016 # the inner shell expands these
	run_with_timeout 120 bash -o pipefail -c '
		dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" "${@:3}"' unpack "$@"
}

# die_disk_full_or MESSAGE
die_disk_full_or()
{
	die_if_disk_full
	printf '%s\n' "$me: ${1#"$me: "}" >&2
	exit 2
}

# Also checks the free space: a process that fails to extend a mapped file dies silently.
die_if_disk_full()
{
	if ! grep -qiE 'no space left|free space|quota exceeded|wrote only' <<< "$output" &&
			[ "$(free_bytes)" -ge 65536 ]; then
		return 0
	fi
	# Partial downloads would keep the disk full.
	rm -rf "$cache/partial" "$apt/lists/partial"
	die "the disk is full ($(free_mib) MiB left in $cache); free some space or set XDG_CACHE_HOME"
}

free_bytes()
{
	df -B 1 --output=avail "$cache" | tail -n 1
}

free_mib()
{
	echo $(($(free_bytes) >> 20))
}

# download SHA256 URL FILE: SHA256 is from the signed index. An interrupted download stays in
# partial/, and apt resumes it if the mirror supports that. A file with the wrong checksum is
# deleted and downloaded again, once.
download()
{
	local sha=$1 file=$3

	sha256sum -c --status <<< "$sha  $file" 2>/dev/null && return
	note_download
	mkdir -p "${file%/*}"
	download_once "$@" && return
	grep -qi 'hash sum mismatch' <<< "$output" || return
	rm -f "$file"
	download_once "$@"
}

download_once()
{
	run_with_timeout 1800 /usr/lib/apt/apt-helper -c "$apt/apt.conf" \
		download-file "$2" "$3" "SHA256:$1" && return
	rm -f "$3.FAILED"
	die_if_disk_full
	return 1
}
