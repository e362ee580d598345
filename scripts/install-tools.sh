#!/bin/sh
# Installs the programs that the tests and the lab need, on Debian as root. Starts no service.
set -eu

tools="nginx-light haproxy nftables shellcheck openssh-server cloud-init gunicorn python3-pymysql chromium"
lab="mmdebstrap systemd-container apt-utils dnsmasq-base dpkg-dev iproute2 openssh-client procps python3 openssl curl e2fsprogs age zstd tcpdump gnupg wrk xz-utils"
auditors="testssl.sh lynis python3-venv jq git"

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # lists of words
apt-get install -q -y --no-install-recommends $tools $lab $auditors

# Stable Debian does not contain MySQL. Therefore, MySQL of unstable Debian is installed with separate libraries. Tests use MySQL to check
# configurations and to restore archives.
if ! command -v mysqlbinlog >/dev/null; then
  # shellcheck disable=SC2016 # apt's own variables
  mirror=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' | sed -n 's/^Debian|//p' | head -n 1)
  rm -rf /opt/mysqld
  mmdebstrap --mode=root --variant=extract --include=mysql-server-core,mysql-client-core --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' sid /opt/mysqld "$mirror"
  wrap() {
    cat >"/usr/local/bin/$1" <<END
#!/bin/sh
root=/opt/mysqld
libraries=\$root/usr/lib/x86_64-linux-gnu
exec \$libraries/ld-linux-x86-64.so.2 --library-path \$libraries \$root/usr/$2/$1 "\$@"${3:-}
END
    chmod 755 "/usr/local/bin/$1"
  }
  # shellcheck disable=SC2016 # for the wrapper
  wrap mysqld sbin ' --plugin-dir=$root/usr/lib/mysql/plugin --lc-messages-dir=$root/usr/share/mysql'
  wrap mysql bin
  wrap mysqlbinlog bin
fi

# Debian has only outdated versions of these programs, or none. A separate folder keeps system packages unchanged.
python3 -m venv /opt/auditors
/opt/auditors/bin/pip install --quiet gixy-next==0.9.0 ruff==0.17.6 ssh-audit==3.3.0 zizmor==1.32.0
ln -sf /opt/auditors/bin/gixy /opt/auditors/bin/ruff /opt/auditors/bin/ssh-audit /opt/auditors/bin/zizmor /usr/local/bin/

# Go builds actionlint from source. All other packages of actionlint download a binary during installation.
if ! command -v go >/dev/null; then apt-get install -q -y --no-install-recommends golang-go; fi
GOBIN=/opt/auditors/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
ln -sf /opt/auditors/bin/actionlint /usr/local/bin/

# moto is the lab's object storage. Debian's version of moto is too old and answers some requests incorrectly.
python3 -m venv /opt/moto
/opt/moto/bin/pip install --quiet 'moto[server]==5.2.5'
