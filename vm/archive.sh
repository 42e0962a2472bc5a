# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Debian's archive through a private apt state: nothing is installed, the
# machine's own apt lists stay as they are, and apt checks every signature.
#
# The index is a table of what the archive offers, one package a line:
#	kind  version  flavour  package  package-version  sha256  url
# where kind is kernel, source or changelog.
# Reading it costs milliseconds where asking apt would cost seconds.

apt=$cache/apt
index=$apt/index
suites="trixie-backports trixie"

# The mirror that this machine already uses, so that neither a host name nor
# somebody's idea of a near mirror is written down here.
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

# Hooks and extra index files that the machine configured are for its own
# lists. The sandbox user could not enter a cache in somebody's home.
write_apt_config()
{
	local uri ring suite

	uri=$(mirror)
	# Without its own lists apt names none: an image may have been rid of them.
	[ -n "$uri" ] || uri=$(cat "$apt/mirror" 2>/dev/null) || true
	[ -n "$uri" ] ||
		die "apt names no Debian mirror (apt-get indextargets); add one to /etc/apt/sources.list"
	ring=$(keyring) || exit
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	echo "$uri" > "$apt/mirror"
	for suite in $suites; do
		echo "deb [arch=amd64 target=Packages signed-by=$ring] $uri $suite main"
	done > "$apt/sources.list"
	cat > "$apt/apt.conf" <<-EOF
	#clear APT::Update;
	APT::Update::Error-Mode "any";
	APT::Architecture "amd64";
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

# Other flavours than plain, cloud and rt (dbg) are left out.
index_of_lists()
{
	local uri

	uri=$(cat "$apt/mirror")
	lists_there | awk -v uri="${uri%/}" '
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
			} else if (package ~ /^linux-base-[0-9][0-9.]*\+deb[0-9]+-(cloud-|rt-)?amd64$/) {
				# From 6.18 on the changelog is in a package of its own.
				rest = substr(package, 12)
				sub(/\+deb[0-9]+/, "", rest)
				print_entry("changelog", substr(rest, 1, index(rest, "-") - 1),
					    substr(rest, index(rest, "-") + 1))
			} else if (package ~ /^linux-(binary|binary-unsigned|image)-[0-9][0-9.]*\+deb[0-9]+-(cloud-|rt-)?amd64$/) {
				rest = package
				sub(/^linux-(binary-unsigned|binary|image)-/, "", rest)
				sub(/\+deb[0-9]+/, "", rest)
				print_entry("kernel", substr(rest, 1, index(rest, "-") - 1),
					    substr(rest, index(rest, "-") + 1))
			}
		}
		function print_entry(kind, release, flavour) {
			gsub(/\+/, "%2b", file)
			gsub(/~/, "%7e", file)
			print kind, release, flavour, package, version, sha, uri "/" file
		}'
}

lists_there()
{
	local list

	for list in "$apt"/lists/*_Packages*; do
		/usr/lib/apt/apt-helper cat-file "$list"
	done
}

# size_of SHA256: of a package, "13 MiB". It is not in the index, whose form older checkouts
# read as well. To look it up takes seconds, but only before a download.
size_of()
{
	lists_there 2>/dev/null | awk -v sha="$1" '
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

# From 6.19 linux-image-V only depends on linux-binary-V, which has the file.
# The signed package comes first of two that hold the same build.
sort_index()
{
	awk '{
		rank = $4 ~ /^linux-image/ ? 1 : $4 ~ /unsigned/ ? 2 : 3
		flavour = $3 ~ /^cloud/ ? 2 : $3 ~ /^rt/ ? 0 : 1
		print $0, flavour, rank
	}' | sort -k1,1 -k2,2V -k8,8n -k9,9n -k5,5V | cut -d' ' -f1-7
}

newer_than_minutes()
{
	[ -n "$(find "$1" -maxdepth 0 -mmin "-$2" 2>/dev/null)" ]
}

# Makes sure that the index is at most a day old, or younger when asked to.
# Without the archive yesterday's index is good enough; ten minutes pass
# before an unreachable archive is tried again, unless there is nothing else.
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

# Why apt-get update failed. What an earlier try left in lists/partial could be wrong
# for the next one.
trouble_of_update()
{
	case ${said,,} in
	*"hash sum mismatch"* | *"unexpected size"* | *"splitting up"* | *clearsigned*)
		rm -rf "$apt/lists/partial"
		echo "is in the middle of a change" ;;
	*"gpg error"* | *"not signed"* | *signature*)
		echo "is not signed by Debian" ;;
	*)
		echo "cannot be reached ($(last_complaint))" ;;
	esac
}

update()
{
	require_tool apt-get apt
	note "reading Debian's list of kernels"
	said=$(write_apt_config 2>&1) || give_up "$said"
	if ! limited 120 apt-get -c "$apt/apt.conf" -qq update; then
		die_if_disk_full
		trouble=$(trouble_of_update)
		echo "$trouble" > "$apt/unreachable"
		[ ! -s "$index" ] || note_old_index
		return
	fi
	said=$({ index_of_lists | sort_index > "$work/index"; } 2>&1) ||
		give_up "the archive's index cannot be written ($said); make room or set XDG_CACHE_HOME"
	[ -s "$work/index" ] ||
		die "the archive $(cat "$apt/mirror") has no kernels in $suites; use another mirror"
	mv "$work/index" "$index"
	rm -f "$apt/unreachable"
}

# Runs a step with a deadline and keeps what it says for the one line that
# explains a failure: in a variable, because the disk may be full.
limited()
{
	local from status=0

	exec {from}< <(exec_child timeout -k 5 "$@" < /dev/null 2>&1)
	child=$!
	IFS= read -r -d '' -u "$from" said || true
	exec {from}<&-
	wait "$child" || status=$?
	child=
	return $status
}

# Of apt's lines the one that gives a reason, not the one that sums up.
last_complaint()
{
	local reason

	reason=$(sed -n '/^E: Failed to fetch [^ ]*  */{ s///p; q }' <<< "$said")
	if [ -n "$reason" ]; then
		echo "$reason"
		return
	fi
	{ grep -v -e '^W:' -e '^ *$' -e 'Download Failed' <<< "$said" || echo "no reason given"; } |
		tail -n 1 | sed 's/^E: //; s/^ *//'
}

give_up()
{
	die_if_disk_full
	printf '%s\n' "$me: ${1#"$me: "}" >&2
	exit 2
}

# Who runs out of room within a mapped file dies without a word.
die_if_disk_full()
{
	if ! grep -qiE 'no space left|free space|quota exceeded|wrote only' <<< "$said" &&
			[ "$(free_bytes)" -ge 65536 ]; then
		return 0
	fi
	# Half a file that did not fit would only keep the disk full.
	rm -rf "$cache/partial" "$apt/lists/partial"
	die "the disk is full ($(free_mib) MiB left in $cache); make room or set XDG_CACHE_HOME"
}

free_bytes()
{
	df -B 1 --output=avail "$cache" | tail -n 1
}

free_mib()
{
	echo $(($(free_bytes) >> 20))
}

# A download that was cut off stays in partial/, where apt takes it up again
# if the mirror lets it. The checksum is the one of the signed index; what does
# not have it is thrown away and fetched from the beginning, once:
# download SHA256 URL FILE.
download()
{
	local sha=$1 file=$3

	sha256sum -c --status <<< "$sha  $file" 2>/dev/null && return
	note_download
	mkdir -p "${file%/*}"
	download_once "$@" && return
	grep -qi 'hash sum mismatch' <<< "$said" || return
	rm -f "$file"
	download_once "$@"
}

download_once()
{
	limited 1800 /usr/lib/apt/apt-helper -c "$apt/apt.conf" \
		download-file "$2" "$3" "SHA256:$1" && return
	rm -f "$3.FAILED"
	die_if_disk_full
	return 1
}
