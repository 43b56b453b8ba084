#!/bin/sh
# Asks a Sclera server: signs in as $SCLERA_USER with $SCLERA_PASSWORD, asks what is held on $1, reads the role $2, and signs
# out. SCLERA_URL is where the server is; SCLERA_CA a file with the certificate that it is trusted by.
set -eu
url=${SCLERA_URL:-https://127.0.0.1:52773}

# Secrets are read by curl from its input and by jq from the environment: whoever lists processes sees neither.
ask() {
    path=$1
    shift
    printf 'header = "Authorization: Bearer %s"\n' "$token" |
        curl --silent --show-error --fail --config - ${SCLERA_CA:+--cacert "$SCLERA_CA"} "$@" "$url$path"
}

tokens=$(
    jq --null-input '{user: env.SCLERA_USER, password: env.SCLERA_PASSWORD}' |
        curl --silent --show-error --fail ${SCLERA_CA:+--cacert "$SCLERA_CA"} \
            --header 'Content-Type: application/json' --data @- "$url/api/admin/login"
)
token=$(printf '%s' "$tokens" | jq --raw-output .access_token)

# The session ends with the script, whatever happens before.
trap 'ask /api/admin/logout --request POST' EXIT

question=$(jq --null-input --arg resource "$1" '{Resource: $resource}')
held=$(ask /api/sclera/v1/check --header 'Content-Type: application/json' --data "$question")
printf '%s holds on %s: %s\n' "$SCLERA_USER" "$1" "$(printf '%s' "$held" | jq --raw-output .Permissions)"

role=$(ask /api/admin/v2/security/role --get --data-urlencode "name=$2")
printf '%s' "$role" | jq --raw-output '.result.Resources[] | "the role holds \(.Name):\(.Permissions)"'
