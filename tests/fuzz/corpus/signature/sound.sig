voltaic signature 1
project = harbour
file = profile.json
version = 3
sha256 = ab6a55e73c8c6e2c70142ada3a961cd5e1f4dc0f63dd5268ff5c1c251a823423
key = ed25519:1GvgKPaDyfRGTeWnO5rwYknCH+ws+kKQrdKCkkUbc/E=
signature = 7iYKtJLEqGphHLXz7dQ7gMUAep4yhcWLbXHHevvX9nElZAGW3ybKzS9whLfFkgUu6HZvbYWFYhOemSV2T0Q7AQ==
