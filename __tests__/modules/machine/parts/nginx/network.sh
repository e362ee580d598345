# Each test sources this file first. The file sets the host name, adds the addresses of the server, its load balancer and a neighbour, and starts nginx.
set -u
folder=$1 host=www.foobar.com from=10.0.1.5 tls=$1/etc/nginx/tls
token=$(printf '0%.0s' {1..64})

hostname alpha
# The workers of nginx need access to a file in this folder.
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

# Starts the fake application. By default, it listens on the application's port and on the health port of HAProxy.
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
# Sends a visitor's request like the edge, in the TLS mode of the test. The last argument is the path.
visitor() {
  local path=${*: -1}
  if [ -s "$folder/passthrough" ]; then
    request --haproxy-protocol --cert "$tls/origin.pem" --key "$tls/origin.key" "${@:1:$#-1}" "https://10.0.1.11$path"
  else
    request -H "X-Edge-Token: $token" "${@:1:$#-1}" "http://10.0.1.11$path"
  fi
}
# Prints the access log. nginx writes a log line only after its response, so this function waits until the log no longer grows.
log() {
  local bytes=
  until [ "$bytes" = "$(stat -c %s "$folder/access.json")" ]; do
    bytes=$(stat -c %s "$folder/access.json")
    sleep 0.3
  done
  cat "$folder/access.json"
}
