"""Superset on one machine and without internet: Chinese, read-only on `published`, one worker.

Everything that differs between machines comes from the environment:
SUPERSET_SECRET_KEY, CITYBRAIN_SUPERSET_META_URL (own metadata), CITYBRAIN_HOME (caches, sessions),
CITYBRAIN_SUPERSET_PORT (default 8088), CITYBRAIN_SUPERSET_HTTPS=1 behind a TLS proxy.
The warehouse's URL (CITYBRAIN_READER_URL) is read by apply_assets.py, not here.
"""

import functools
import hashlib
import json
import os
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import yaml
from cachelib.file import FileSystemCache
from flask import Blueprint, Flask, Response, g, redirect, request, url_for
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.wrappers import Response as AnyResponse


def _required(name: str, hint: str) -> str:
    value = os.environ.get(name, "")
    if not value or "change_me" in value.lower() or "changeme" in value.lower():
        raise SystemExit(f"Superset does not start: {name} is empty or a placeholder. Set it to {hint}.")
    return value


SECRET_KEY = _required("SUPERSET_SECRET_KEY", "at least 32 random characters")
if len(SECRET_KEY) < 32:
    raise SystemExit("Superset does not start: SUPERSET_SECRET_KEY is shorter than 32 characters.")
SQLALCHEMY_DATABASE_URI = _required("CITYBRAIN_SUPERSET_META_URL", "the URL of Superset's own database")
SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_size": 10}
# Unused features sign with keys of their own: never leave the shipped placeholders in place.
GUEST_TOKEN_JWT_SECRET = hashlib.sha256(f"guest:{SECRET_KEY}".encode()).hexdigest()
GLOBAL_ASYNC_QUERIES_JWT_SECRET = hashlib.sha256(f"async:{SECRET_KEY}".encode()).hexdigest()

_room = Path(__file__).parent
_port = int(os.environ.get("CITYBRAIN_SUPERSET_PORT") or 8088)
_https = os.environ.get("CITYBRAIN_SUPERSET_HTTPS") == "1"
_state = Path(_required("CITYBRAIN_HOME", "the folder that holds the state")) / "superset"
_state.mkdir(parents=True, exist_ok=True, mode=0o700)

# Language ------------------------------------------------------------------------------------------------
APP_NAME = "城市大脑"
LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "us", "name": "English"}}
BABEL_DEFAULT_LOCALE = "zh"
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["¥", ""]}
D3_TIME_FORMAT = {
    "dateTime": "%Y年%-m月%-d日 %X",
    "date": "%Y年%-m月%-d日",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [f"{month}月" for month in ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}
CURRENCIES = ["CNY"]

# Looks ---------------------------------------------------------------------------------------------------
FAVICONS = [{"href": "/citybrain/static/icon.svg"}]
APP_ICON = "/citybrain/static/logo.svg"
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": APP_ICON,
        "brandLogoHref": "/",
        "brandLogoHeight": "32px",
        "brandLogoMargin": "12px 0",
        "colorPrimary": "#1554ad",
        "colorLink": "#1554ad",
        "colorInfo": "#2f7ed8",
        "colorSuccess": "#2e9d6a",
        "colorWarning": "#e0930b",
        "colorError": "#c8342f",
        "colorBgLayout": "#f2f5f9",
        "borderRadius": 6,
        "fontFamily": "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',Arial,sans-serif",
    },
    "algorithm": "default",
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
# A chart colours its series in the order of their names. The two schemes give an indicator one colour in both:
# blue 解决率, green 满意率, grey 有效回访率, orange 按期办结率, purple 总体办结率.
_more = ["#c8342f", "#2aa5b8", "#8c6d46"]
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "citybrain",
        "label": "城市大脑",
        "description": "城市大脑默认配色",
        "isDefault": True,
        "colors": ["#1554ad", "#2e9d6a", "#8a94a6", "#7a5cc2", "#e0930b", *_more],
    },
    {
        "id": "citybrain_areas",
        "label": "城市大脑（区域对比）",
        "description": "按期办结率、解决率、满意率、总体办结率",
        "colors": ["#e0930b", "#1554ad", "#2e9d6a", "#7a5cc2", "#8a94a6", *_more],
    },
]

# Features ------------------------------------------------------------------------------------------------
FEATURE_FLAGS = {
    "DASHBOARD_RBAC": True,  # a role opens a dashboard and its data, and needs no grant on a dataset
    "ENABLE_TEMPLATE_PROCESSING": False,
    "DRILL_BY": False,  # an ad-hoc cut could combine cells that were suppressed one by one
    "DRILL_TO_DETAIL": False,
    "EMBEDDABLE_CHARTS": False,
    "EMBEDDED_SUPERSET": False,
    "ESCAPE_MARKDOWN_HTML": False,
    "DASHBOARD_VIRTUALIZATION": False,  # a printed or photographed dashboard must be whole
}
# Markdown keeps Superset's sanitiser; only class names are allowed on top (no style, no script).
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["className"]}}
FAB_API_SWAGGER_UI = False
ROW_LIMIT = 5000
SQL_MAX_ROW = 10000
SQLLAB_TIMEOUT = 30
SUPERSET_WEBSERVER_TIMEOUT = 60
SQLLAB_CTAS_NO_LIMIT = False
PREVENT_UNSAFE_DB_CONNECTIONS = True

# Caches --------------------------------------------------------------------------------------------------
# Short, so that a new publication shows within half a minute; `dashboards apply` empties them as well.
DATA_CACHE_SECONDS = 30
_file_cache = {"CACHE_TYPE": "FileSystemCache", "CACHE_THRESHOLD": 2000}
CACHE_CONFIG = _file_cache | {"CACHE_DIR": str(_state / "cache"), "CACHE_DEFAULT_TIMEOUT": 60}
DATA_CACHE_CONFIG = _file_cache | {
    "CACHE_DIR": str(_state / "data_cache"),
    "CACHE_DEFAULT_TIMEOUT": DATA_CACHE_SECONDS,
}

# Sessions and headers ------------------------------------------------------------------------------------
SESSION_SERVER_SIDE = True  # logging out kills a copied cookie
SESSION_TYPE = "cachelib"
SESSION_CACHELIB = FileSystemCache(str(_state / "sessions"), threshold=0, mode=0o600)
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
WTF_CSRF_TIME_LIMIT = int(timedelta(hours=8).total_seconds())
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"  # one worker process; several would need a shared store
RATELIMIT_APPLICATION = "1000 per second"
# 2026-11-22: Superset 6.1.0 limits its login page, but not the form behind it; `_slow_down_guessing` does.
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per 20 seconds"
PASSWORD_CHARACTERS = 12


def FAB_PASSWORD_COMPLEXITY_VALIDATOR(password: str) -> None:  # noqa: N802 - the name Superset looks for
    """Refuse a password that a person chose too short; length is what counts (NIST SP 800-63B)."""
    if len(password) < PASSWORD_CHARACTERS:
        raise PasswordComplexityValidationError(f"密码至少{PASSWORD_CHARACTERS}个字符")


FAB_PASSWORD_COMPLEXITY_ENABLED = True
ENABLE_CORS = False
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # TLS ends at the proxy
    "session_cookie_secure": _https,
    "referrer_policy": "same-origin",
}

# Map without a token -------------------------------------------------------------------------------------
MAPBOX_API_KEY = ""
DECKGL_BASE_MAP = [[f"tile://http://127.0.0.1:{_port}/citybrain/tiles/{{z}}/{{x}}/{{y}}.png", "空白底图"]]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_TRANSPARENT_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00" * 5))
    + _chunk(b"IEND", b"")
)
"""One transparent pixel, stretched over a tile."""

_own = Blueprint("citybrain", __name__, url_prefix="/citybrain", static_folder=str(_room / "static"))


@_own.get("/tiles/<int:z>/<int:x>/<int:y>.png")
def blank_tile(z: int, x: int, y: int) -> Response:
    """An empty map tile of our own origin: the chart editor wants a tile address, the map wants no internet."""
    return Response(_TRANSPARENT_PNG, mimetype="image/png", headers={"Cache-Control": "max-age=86400"})


BLUEPRINTS = [_own]


def _to_own_dashboard() -> AnyResponse | None:
    """Send a user with a welcome dashboard straight to it; the welcome page would show lists he may not read."""
    if request.path != "/superset/welcome/" or not getattr(g, "user", None) or g.user.is_anonymous:
        return None
    from superset.models.user_attributes import UserAttribute

    from superset import db

    own = db.session.query(UserAttribute).filter_by(user_id=g.user.id).one_or_none()
    if own is None or own.welcome_dashboard is None:
        return None
    slug = own.welcome_dashboard.slug or own.welcome_dashboard_id
    return redirect(url_for("Superset.dashboard", dashboard_id_or_slug=slug))


@functools.cache
def _language_pack() -> str:
    """Superset's Chinese with the corrections of interface_zh.yaml, as the browser reads it."""
    from superset.translations.utils import get_language_pack

    pack = get_language_pack("zh") or {}
    words = yaml.safe_load((_room / "interface_zh.yaml").read_text())
    for english, chinese in words.items():
        pack["locale_data"]["superset"][english] = [chinese]
    return json.dumps(pack, ensure_ascii=False)


def _speak_chinese() -> AnyResponse | None:
    """Answer with our language pack in place of Superset's, which a person who has not logged in is refused."""
    if request.path != "/superset/language_pack/zh/":
        return None
    return Response(_language_pack(), mimetype="application/json")


_logins = MovingWindowRateLimiter(MemoryStorage())


def _slow_down_guessing() -> AnyResponse | None:
    """Answer 429 to an address that posts the login form more often than AUTH_RATE_LIMIT."""
    if request.method != "POST" or not request.path.startswith("/login/"):
        return None
    if _logins.hit(parse(AUTH_RATE_LIMIT), request.remote_addr or ""):
        return None
    return Response("登录尝试过于频繁，请稍后再试。Too many attempts, try again later.\n", status=429)


def FLASK_APP_MUTATOR(app: Flask) -> None:  # noqa: N802 - the name Superset looks for
    app.before_request(_speak_chinese)
    app.before_request(_slow_down_guessing)
    app.before_request(_to_own_dashboard)
