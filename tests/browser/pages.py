"""Every page of the shop by its name: what is looked at by people and by axe."""

from __future__ import annotations

PUBLIC = {
    "front": "/",
    "releases": "/releases/",
    "release": "/release/ines-paragon-northbound-signals/",
    "release-japanese": "/release/星野ナミ-雨の日の喫茶店/",
    "release-session": "/release/mara-linde-living-room-1-mara-linde/",
    "release-coming": "/release/ottilie-brand-slow-weather/",
    "release-elsewhere": "/release/jörn-tessmer-kühlhaus/",
    "artist": "/artist/ines-paragon/",
    "label": "/label/aurora-lines/",
    "genres": "/genres/",
    "genre": "/genre/synth-pop/",
    "all-series": "/series/",
    "series": "/series/living-room/",
    "basket-empty": "/basket/",
    "storefronts": "/storefronts/",
    "check": "/check/",
    "sign-in": "/account/sign-in/",
    "sign-up": "/account/sign-up/",
    "reset": "/account/password/reset/",
    "link": "/account/link/",
    "shelf-whose": "/shelf/",
    "not-found": "/release/nothing-of-that-name/",
    "styleguide": "/styleguide/",
}
OWN = {
    "shelf": "/shelf/",
    "orders": "/orders/",
    "account": "/account/",
    "password": "/account/password/change/",
    "apps": "/account/apps/",
    "connect": "/connect/",
    "everything": "/shelf/everything/",
    "factors": "/account/factors/",
    "factor-app": "/account/factors/app/",
    "factor-passkey": "/account/factors/passkeys/add/",
    "sessions": "/account/sessions/",
    "address": "/account/address/",
    "proof": "/account/again/",
}
STAFF = {
    "backoffice": "/backoffice/",
    "backoffice-releases": "/backoffice/catalogue/release/",
    "backoffice-orders": "/backoffice/orders/order/",
    "backoffice-jobs": "/backoffice/jobs/job/",
    "backoffice-deliveries": "/backoffice/ingest/delivery/",
    "backoffice-people": "/backoffice/accounts/user/",
    "backoffice-events": "/backoffice/webkit/auditevent/",
}
