# Sourced before a test's own lines: a server's name, an empty network with the addresses of a server, its balancer and a neighbour, and nginx in it.
set -u
folder=$1 host=www.foobar.com from=10.0.1.5 tls=$1/etc/nginx/tls
token=$(printf '0%.0s' {1..64})

hostname alpha
# nginx's workers look at a file in it.
chmod 0711 "$folder"
ip link set lo up
for address in 10.0.1.11 10.0.1.5 10.0.1.6; do ip address add "$address/32" dev lo; done
certificate() {
  openssl req -x509 -newkey "$@" -nodes -days 2 2>/dev/null
}
certificate ${key:-ec -pkeyopt ec_paramgen_curve:P-256} -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
  -keyout "$tls/origin.key" -out "$tls/origin.pem"
cp "$tls/origin.pem" "$tls/origin-pull-ca.pem"

nginx -q -t -c "$folder/etc/nginx/nginx.conf" || exit 1
nginx -q -c "$folder/etc/nginx/nginx.conf"
end() {
  kill "$(cat "$folder/nginx.pid")" ${application_pid-}
}
trap end EXIT

# Its ports: by default its own, and HAProxy's that leads to it.
application() {
  node "$folder/application.mjs" "$folder" ${@:-$port $health_port} &
  application_pid=$!
  until curl -s -o /dev/null "http://127.0.0.1:$port/counts"; do sleep 0.05; done
}
counts() { curl -s "http://127.0.0.1:$port/counts"; }

request() {
  local url=${*: -1}
  curl -sk --max-time 5 --interface "$from" --connect-to "$host::10.0.1.11:" -H "Host: $host" "${@:1:$#-1}" \
    "${url/https:\/\/10.0.1.11/https://$host}"
}
ask() { request -o /dev/null -w '%{http_code}\n' "$@"; }
body() { request "$@"; }
# A visitor's request, as it comes from the edge in either mode; its path is the last argument.
visitor() {
  local path=${*: -1}
  if [ -s "$folder/passthrough" ]; then
    request --haproxy-protocol --cert "$tls/origin.pem" --key "$tls/origin.key" "${@:1:$#-1}" "https://10.0.1.11$path"
  else
    request -H "X-Edge-Token: $token" "${@:1:$#-1}" "http://10.0.1.11$path"
  fi
}
# Writes to the log are buffered nowhere, but come after the answer: until no more come.
log() {
  local bytes=
  until [ "$bytes" = "$(stat -c %s "$folder/access.json")" ]; do
    bytes=$(stat -c %s "$folder/access.json")
    sleep 0.3
  done
  cat "$folder/access.json"
}
