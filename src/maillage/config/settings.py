"""Django's settings; what a host may choose is in `environment.py`."""

from csp.constants import NONCE, NONE, SELF

from maillage.config import environment
from maillage.config.environment import DATA_DIR, IS_PRODUCTION, PROJECT_DIR, env

DEBUG = False
MODE = environment.MODE
VARIABLES, NEW_KEYS = environment.VARIABLES, environment.new_keys
VAULT_KEYS = environment.secret("MAILLAGE_VAULT_KEYS")
VAULT_COMMAND = env.str("MAILLAGE_VAULT_COMMAND", default="")
VAULT_DIR = environment.VAULT_DIR
MISSING_SECRETS = [
    name
    for name, is_given in (
        ("MAILLAGE_SECRET_KEY", environment.secret("MAILLAGE_SECRET_KEY")),
        ("MAILLAGE_VAULT_KEYS", VAULT_KEYS or VAULT_COMMAND),
    )
    if not is_given
]
SECRET_KEY = environment.secret("MAILLAGE_SECRET_KEY") or "missing: the checks refuse to serve"
ALLOWED_HOSTS = env.list("MAILLAGE_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("MAILLAGE_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("MAILLAGE_HTTPS", default=IS_PRODUCTION)

ANCHOR_KEY = environment.secret("MAILLAGE_ANCHOR_KEY")
TRAIL_MONTHS = env.int("MAILLAGE_TRAIL_MONTHS", default=36)
READS_MONTHS = env.int("MAILLAGE_READS_MONTHS", default=12)
ALERT_FILES = env.int("MAILLAGE_ALERT_FILES", default=30)
ALERT_MINUTES = env.int("MAILLAGE_ALERT_MINUTES", default=10)
ALERT_NIGHT = environment.hours("MAILLAGE_ALERT_NIGHT", default="22-6")
ALERT_SEARCHES = env.int("MAILLAGE_ALERT_SEARCHES", default=3)
ALERT_SEARCH_DAYS = env.int("MAILLAGE_ALERT_SEARCH_DAYS", default=7)
BACKUP_KEY = env.str("MAILLAGE_BACKUP_KEY", default="")
BACKUP_MAX_HOURS = env.int("MAILLAGE_BACKUP_MAX_HOURS", default=26)
BACKUP_LEAVES_OUT = {"django_session", "django_migrations", "core_cache"}
RESTORE_FINDS = {
    "keys",
    "keys.json",
    "backup-key.json",
    "erasures.jsonl",
}  # what may stand in an empty data folder
RESTORE_REPLAYS = ["maillage.protection.retention.replay"]  # what a restoration does again
SILENT_MONTHS = env.int("MAILLAGE_SILENT_MONTHS", default=4)
EXCEPTIONAL_MINUTES = env.int("MAILLAGE_EXCEPTIONAL_MINUTES", default=60)
GRIDS_DIR = env.str("MAILLAGE_GRIDS_DIR", default="")

INSTALLED_APPS = [
    "maillage.core",
    "maillage.network",
    "maillage.accounts",
    "maillage.barriers",
    "maillage.programme.intake",
    "maillage.programme.episodes",
    "maillage.programme.letters",
    "maillage.programme.groups",
    "maillage.programme.fees",
    "maillage.programme.reminders",
    "maillage.programme.questionnaires",
    "maillage.support.reception",
    "maillage.support.callbacks",
    "maillage.observatory",
    "maillage.vigilance",
    "maillage.protection",
    "maillage.portal",
    "maillage.demo",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "maillage.core.middleware.PrivateResponses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "maillage.core.middleware.OwnForms",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "maillage.accounts.middleware.OpenSession",
    "maillage.core.middleware.IdleTimeout",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "maillage.core.middleware.RefusedReads",
    "maillage.core.middleware.OneTransaction",
    "maillage.network.middleware.WorkingMembership",
    "maillage.accounts.middleware.SecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "maillage.core.middleware.DestroyedData",
]

ROOT_URLCONF = "maillage.config.urls"
WSGI_APPLICATION = "maillage.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "maillage.network.context_processors.frame",
                "maillage.vigilance.context_processors.watch",
            ],
            "builtins": ["maillage.core.templatetags.maillage"],
        },
    }
]
FORM_RENDERER = "maillage.core.forms.Renderer"

DATABASES = {
    "default": env.db_url(
        "MAILLAGE_DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'maillage.sqlite3'}"
    )
}
MIGRATION_DATABASE = env.db_url("MAILLAGE_MIGRATION_DATABASE_URL", default="sqlite://")
if MIGRATION_DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    MIGRATION_DATABASE = {}  # not given
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-64000; PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 300
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
        "-c statement_timeout=30000 -c lock_timeout=10000"
        " -c max_parallel_workers_per_gather=0 -c jit=off"  # many small questions, few processors
        " -c random_page_cost=1.1"  # no disk that turns: an index costs what it reads
    )

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
MFA_ADAPTER = "maillage.accounts.adapter.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Maillage"
MFA_TOTP_TOLERANCE = 1
OIDC_ISSUER = env.str("MAILLAGE_OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("MAILLAGE_OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("MAILLAGE_OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("MAILLAGE_OIDC_NAME", default="votre compte d’agent public")
OIDC_STRONG_ACR = env.list("MAILLAGE_OIDC_STRONG_ACR", default=[])

vars().update(env.email_url("MAILLAGE_EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAILLAGE_EMAIL_FROM", default="maillage@localhost")

BACKUP_DIR = env.str("MAILLAGE_BACKUP_DIR", default="")
BACKUP_KEEP = env.int("MAILLAGE_BACKUP_KEEP", default=14)
ANCHORS_FILE = env.str("MAILLAGE_ANCHORS_FILE", default="")

SMS_URL = env.str("MAILLAGE_SMS_URL", default="")
SMS_KEY = env.str("MAILLAGE_SMS_KEY", default="")
REMINDER_DAYS = env.int("MAILLAGE_REMINDER_DAYS", default=2)

IDLE_MINUTES = env.int("MAILLAGE_IDLE_MINUTES", default=15)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 10 * 3600
_BOUND = "__Host-" if HTTPS else ""  # a name that no other host of the domain can set
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_BOUND}maillage", f"{_BOUND}csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "maillage.core.views.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
OPEN_DATA_DIR = _NPM = PROJECT_DIR / "node_modules"
STATICFILES_DIRS = [
    ("bootstrap", _NPM / "bootstrap/dist"),
    ("icons", _NPM / "bootstrap-icons/font"),
    ("source-sans", _NPM / "@fontsource-variable/source-sans-3"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FILE_UPLOAD_HANDLERS = ["maillage.core.uploads.InMemory"]  # nothing in clear on a disk
UPLOAD_MAX_MB = env.int("MAILLAGE_UPLOAD_MAX_MB", default=10)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.str("MAILLAGE_LOG_LEVEL", default="WARNING"),
    },
}
# W003 knows the protection against forged requests by Django's name alone, maillage.E009 by ours
SILENCED_SYSTEM_CHECKS = ["security.W003", *(["security.W021"] if not HTTPS else [])]
