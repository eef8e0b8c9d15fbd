"""Mail servers: `base` is the seam that the rest of kconsole knows, each other package is one product behind it."""
