# Sourced before a test's own lines: a server's name, an empty network with the addresses of a server, its balancer and a neighbour, and nginx in it.
set -u
folder=$1 host=www.foobar.com from=10.0.1.5 tls=$1/etc/nginx/tls
token=$(printf '0%.0s' {1..64})

hostname alpha
# nginx's workers look at a file in it.
chmod 0711 "$folder"
ip link set lo up
for address in 10.0.1.11 10.0.1.5 10.0.1.6; do ip address add "$address/32" dev lo; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$host" \
  -addext "subjectAltName=DNS:$host" -keyout "$tls/origin.key" -out "$tls/origin.pem" 2>/dev/null
cp "$tls/origin.pem" "$tls/origin-pull-ca.pem"

nginx -q -t -c "$folder/etc/nginx/nginx.conf" || exit 1
nginx -q -c "$folder/etc/nginx/nginx.conf"
end() {
  kill "$(cat "$folder/nginx.pid")" ${application_pid-}
}
trap end EXIT

# Answers with what nginx told it.
application() {
  node -e 'require("node:http").createServer(({ headers: h }, r) =>
    r.end(`${h["x-forwarded-for"]} ${h["x-request-id"]} ${h["x-edge-token"] ?? "none"}\n`)).listen(3000, "127.0.0.1")' &
  application_pid=$!
  until curl -s -o /dev/null http://127.0.0.1:3000/; do sleep 0.05; done
}

request() {
  local url=${*: -1}
  curl -sk --max-time 5 --interface "$from" --connect-to "$host::10.0.1.11:" -H "Host: $host" "${@:1:$#-1}" \
    "${url/https:\/\/10.0.1.11/https://$host}"
}
ask() { request -o /dev/null -w '%{http_code}\n' "$@"; }
body() { request "$@"; }
