#!/bin/sh
# An adapter for radgauge in POSIX shell: connects a command-line program with the harness.
#
# It works as it is: it computes the mean intensity of images that need no processing, and leaves out all else, which
# counts as missing. Put your program where it says HERE. It needs sed, tr, od, paste and awk.
#
#     radgauge adapter check 'sh adapter.sh'
#     radgauge certify --adapter 'sh adapter.sh'
#
# The protocol is explained in harness/adapters/README.md of radgauge. Standard output belongs to it: what your program
# prints must go elsewhere. A program that reads a request file and writes a response file needs no such script:
# --adapter 'once:program {request} {response}'.

# The harness writes compact JSON with the fields in the order of the schema, so that patterns are enough here.
field() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":{\"path\":\"\([^\"]*\)\".*/\1/p"; }

# Whether a file is what is read below: not compressed, 64-bit floating point without slope and intercept.
is_plain() { [ "$(od -A n -t x1 -j 70 -N 2 "$1" | tr -d ' ')" = 4000 ]; }

# HERE: the value of a feature. $1 is the image, 64-bit floating point, $2 the mask, bytes; x fastest, after 352 bytes. $3
# is the label of the region.
column() { tr -s ' ' '\n' | sed '/^$/d'; }
mean() {
    od -A n -v -t f8 -j 352 "$1" | column >work/image.txt &&
        od -A n -v -t u1 -j 352 "$2" | column >work/mask.txt &&
        paste work/image.txt work/mask.txt |
        awk -v label="$3" '$2 == label { sum += $1; n++ } END { if (n == 0) exit 1; printf "%.17g\n", sum / n }'
}

while IFS= read -r line; do
    id=$(printf '%s\n' "$line" | sed -n 's/^{"op":"[a-z]*","id":\([0-9]*\).*/\1/p')
    case $line in
    '{"op":"hello"'*)
        # HERE: who you are, and what can be asked of you.
        printf '{"kind":"hello","id":%s,"protocol":1,"implementation":{"name":"mytool","version":"0.0.0","language":"shell"},' "$id"
        printf '"adapter":{"name":"mytool-radgauge","version":"0.1.0"},'
        printf '"capabilities":{"families":["stat"],"aggregations":[],"discretisation":[],"interpolation":[],'
        printf '"filters":[],"response_maps":false},"deterministic":true}\n'
        ;;
    *'"interpolate":{'* | *'"resegment":{'* | *'"round_on_load":true'*)
        # What cannot be honoured is said, and never approximated.
        printf '{"kind":"unsupported","id":%s,"reason":"images are not processed here yet"}\n' "$id"
        ;;
    '{"op":"case"'*)
        label=$(printf '%s\n' "$line" | sed -n 's/.*"label":\([0-9]*\).*/\1/p')
        if ! is_plain "$(field image)"; then
            printf '{"kind":"unsupported","id":%s,"reason":"no such form of file can be read here yet"}\n' "$id"
        elif mean=$(mean "$(field image)" "$(field roi)" "$label"); then
            case $line in
            *'"stat/-/Q4LE"'*) values="{\"key\":\"stat/-/Q4LE\",\"value\":$mean}" ;;
            *) values= ;;
            esac
            printf '{"kind":"result","id":%s,"values":[%s]}\n' "$id" "$values"
        else
            printf '{"kind":"error","id":%s,"message":"the image cannot be read"}\n' "$id"
        fi
        ;;
    '{"op":"bye"'*)
        exit 0
        ;;
    esac
done
