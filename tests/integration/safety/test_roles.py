"""Who gets in where: strangers, listeners, and staff with and without a right."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from tests.conftest import NOW
from tests.factories import make_extra

from bandstand.store.catalogue.models import Release
from bandstand.store.delivery.models import Deliverable
from bandstand.store.grants.models import Grant
from bandstand.store.orders.models import OrderLine, Refund
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db

OPEN_TO_STAFF = {"admin:index", "admin:jsi18n", "admin:password_change_done"}


@pytest.fixture
def clerk(db):
    """Staff without any right; tests give the ones they name."""
    return get_user_model().objects.create_user("clerk@example.org", "a quiet harbour", is_staff=True, joined_at=NOW)


def allow(person, *rights):
    for right in rights:
        app, codename = right.split(".")
        person.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return get_user_model().objects.get(pk=person.pk)  # rights are remembered on the object


def back_office(everywhere):
    elsewhere = {"admin:login", "admin:password_change"}  # these two only lead to pages for everybody
    return [(name, path) for name, path in everywhere if name.startswith("admin:") and name not in elsewhere]


def test_a_stranger_is_led_to_the_sign_in_page_and_nowhere_else(everywhere, visitor_of):
    for name, path in back_office(everywhere):
        for response in (visitor_of().get(path), visitor_of().post(path)):
            led = response.get("Location", "").startswith("/backoffice/login/?next=") or name == "admin:logout"
            assert (name, response.status_code, led) == (name, 302, True)


def test_a_listener_is_told_that_the_back_office_is_not_open(everywhere, visitor_of, ben):
    for name, path in back_office(everywhere):
        client = visitor_of(ben)
        led = client.get(path)
        if name == "admin:logout":  # which only ever leads away
            continue
        assert (name, led.status_code, led.url.startswith("/backoffice/login/")) == (name, 302, True)
        assert client.get(led.url).status_code == 403  # and not back again, in circles


@pytest.mark.parametrize("asked", ["password__startswith=argon2", "password__regex=^a"])
def test_no_list_is_narrowed_by_what_its_pages_leave_out(visitor_of, clerk, asked):
    person = allow(clerk, "accounts.view_user")
    assert visitor_of(person).get("/backoffice/accounts/user/").status_code == 200
    assert visitor_of(person).get(f"/backoffice/accounts/user/?{asked}").status_code == 400


def test_staff_without_a_right_see_the_first_page_only(everywhere, visitor_of, clerk):
    client = visitor_of(clerk)
    got = {name: client.get(path).status_code for name, path in back_office(everywhere)}
    assert {name for name, status in got.items() if status == 200} <= OPEN_TO_STAFF
    assert got["admin:orders_order_changelist"] == got["admin:orders_refund_line"] == 403


def test_staff_change_their_password_where_everybody_does(visitor_of, clerk):
    assert visitor_of(clerk).get("/backoffice/password_change/").url == "/account/password/change/"


def test_the_superuser_has_every_page_and_edits_none_by_hand(everywhere, visitor_of, ada):
    for name, path in back_office(everywhere):
        status = visitor_of(ada).get(path).status_code
        if name.endswith(("_add", "_delete")) and not name.startswith("admin:auth_group"):
            assert (name, status) == (name, 403)
        else:
            assert status < 500, name


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ([], 403),
        (["orders.view_order"], 403),
        (["orders.view_order", "orders.change_order", "orders.delete_order", "payments.change_payment"], 403),
        (["orders.add_refund"], 200),
    ],
)
def test_only_who_may_refund_refunds(shop, visitor_of, clerk, rights, status):
    line = shop.order.lines.get()
    path = f"/backoffice/orders/order/{shop.order.pk}/refund/{line.pk}/"
    client = visitor_of(allow(clerk, *rights))
    assert client.get(path).status_code == status
    client.post(path, {"reason": "It skips.", "amount": "0.10"})
    allowed = status == 200
    assert Refund.objects.exists() is allowed
    done = AuditEvent.objects.filter(actor=f"user:{clerk.pk}").exclude(action="staff.refused")
    assert done.count() == int(allowed)


def test_a_line_is_refunded_through_its_own_order_only(shop, visitor_of, ada):
    line = OrderLine.objects.get()
    for path in (f"{shop.order.pk + 1}/refund/{line.pk}", f"{shop.order.pk}/refund/{'9' * 30}"):
        assert visitor_of(ada).post(f"/backoffice/orders/order/{path}/", {"reason": "x"}).status_code in {302, 404}
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("action", "path", "view", "change"),
    [
        ("withdraw", "catalogue/release", "catalogue.view_release", "catalogue.change_release"),
        ("restore", "catalogue/release", "catalogue.view_release", "catalogue.change_release"),
        ("retry", "jobs/job", "jobs.view_job", "jobs.change_job"),
        ("cancel", "jobs/job", "jobs.view_job", "jobs.change_job"),
        ("receive", "orders/order", "orders.view_order", "payments.change_payment"),
        ("sent", "orders/refund", "orders.view_refund", "orders.add_refund"),
    ],
)
def test_who_may_only_look_changes_nothing(shop, visitor_of, clerk, action, path, view, change):
    job = Job.objects.create(
        name="orders.reconcile", key="k", queue="default", state="parked", payload={}, created_at=NOW, run_at=NOW,
        ended_at=NOW,
    )  # fmt: skip
    rows = {"catalogue/release": shop.release, "jobs/job": job, "orders/order": shop.order, "orders/refund": shop.order}
    client = visitor_of(allow(clerk, view))
    said = client.post(f"/backoffice/{path}/", {"action": action, "_selected_action": [rows[path].pk]}, follow=True)
    assert said.status_code == 200
    assert [event.action for event in AuditEvent.objects.all()] == ["staff.refused"]
    assert Release.objects.get().withdrawn_at is None
    assert Job.objects.get(pk=job.pk).state == "parked"
    assert Grant.objects.get().revoked_at is None


def test_each_action_leaves_an_event(shop, visitor_of, ada):
    client = visitor_of(ada)
    for count, action in enumerate(("withdraw", "restore"), start=1):
        client.post("/backoffice/catalogue/release/", {"action": action, "_selected_action": [shop.release.pk]})
        about = {"row_kind": "catalogue.release", "row_key": str(shop.release.pk)}
        assert AuditEvent.objects.filter(actor=f"user:{ada.pk}", **about).count() == count


def test_what_is_somebodys_own_is_not_there_for_others(everywhere, visitor_of, ben, cleo, shop):
    """Ben's order, grant and files, asked for by Ben, by another listener, by nobody, and by staff."""
    own = [
        (name, path)
        for name, path in everywhere
        if name in {"shopfront:order", "shopfront:pay", "shopfront:shelf_item"} or name.startswith("delivery:")
    ]
    own = [(name, path) for name, path in own if name != "delivery:check"]
    assert len(own) == 9
    master = shop.part.sources.get().master
    Deliverable.objects.create(
        part=shop.part, rendition=master.renditions.first(), recipe="flac", facts_digest="1" * 64, name="01.flac",
        path="deliverables/00/0.flac", size=1, sha256="0" * 64, crc32=1, made_at=NOW,
    )  # fmt: skip
    make_extra(release=shop.release, sha256="0" * 64)
    for name, path in own:
        how = "post" if name in {"shopfront:pay", "delivery:make_zip", "delivery:make_file"} else "get"
        assert (name, getattr(visitor_of(ben), how)(path).status_code < 400) == (name, True)
        assert (name, getattr(visitor_of(cleo), how)(path).status_code) == (name, 404)
        assert (name, getattr(visitor_of(), how)(path).status_code) == (name, 404)


def test_rows_that_no_database_can_number_are_not_there(shop, visitor_of, ben):
    client, far = visitor_of(ben), "9" * 30
    for path in (f"/shelf/{far}/", f"/download/{far}/flac/zip/", f"/download/{shop.grant.pk}/flac/file/{far}/"):
        assert (path, client.get(path).status_code) == (path, 404)


def test_nothing_in_the_back_office_can_give_an_account_another_address(everywhere):
    assert not [name for name, _ in everywhere if "emailaddress" in name]


def test_an_account_that_is_switched_off_is_signed_out(shop, visitor_of, ben):
    client = visitor_of(ben)
    assert client.get("/account/").status_code == 200
    get_user_model().objects.filter(pk=ben.pk).update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_staff_that_left_have_no_back_office_and_stay_listeners(shop, visitor_of, ada):
    client = visitor_of(ada)
    assert client.get("/backoffice/").status_code == 200
    get_user_model().objects.filter(pk=ada.pk).update(is_staff=False)
    assert client.get("/backoffice/").status_code == 302
    assert client.get("/account/").status_code == 200
