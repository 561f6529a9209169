voltaic signature 1
project = harbour
file = rack.json
version = 3
sha256 = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
key = ed25519:/FHNjmIYoaONpH7QAjDwWAgWrROjMwOs3euRFUiQgCU=
signature = BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB