"""Headers of every answer: nothing from elsewhere, nothing inline, nothing framed, nothing kept."""

from __future__ import annotations

from aiohttp import web

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000; includeSubDomains"
STATIC_CACHE = "public, max-age=31536000, immutable"


def harden(response: web.StreamResponse, *, secure: bool, static: bool) -> None:
    """Add what every answer carries."""
    for name, value in _ALWAYS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = CSP
    if static:
        response.headers["Cache-Control"] = STATIC_CACHE
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    if secure:
        response.headers["Strict-Transport-Security"] = _HSTS
