from __future__ import annotations

from django.core.files.base import ContentFile

from bandstand.webkit.staticfiles import HashedFiles


def test_our_modules_import_each_other_by_hashed_names_and_other_scripts_are_left_alone(tmp_path):
    storage = HashedFiles(location=tmp_path, base_url="/static/")
    files = {
        "webkit/js/site.js": 'import "../player/main.js";\n',
        "webkit/player/main.js": "export const sound = 1;\n",
        "other/lib.js": '/* import "./nothing.js" */\n',
    }
    for name, text in files.items():
        storage.save(name, ContentFile(text.encode()))
    outcome = list(storage.post_process({name: (storage, name) for name in files}))
    assert not [failed for _, _, failed in outcome if isinstance(failed, Exception)]
    site = (tmp_path / storage.stored_name("webkit/js/site.js")).read_text()
    assert storage.stored_name("webkit/player/main.js").removeprefix("webkit/player/") in site
    assert (tmp_path / storage.stored_name("other/lib.js")).read_text() == files["other/lib.js"]


def test_a_file_that_is_collected_anew_has_its_new_address_at_once(tmp_path):
    storage, found = HashedFiles(location=tmp_path, base_url="/static/"), []
    for text in (b"a { color: red }", b"a { color: blue }"):
        storage.delete("shop.css")
        storage.save("shop.css", ContentFile(text))
        list(storage.post_process({"shop.css": (storage, "shop.css")}))
        found += [storage.url("shop.css"), storage.url("shop.css")]
    assert found[0] == found[1] != found[2] == found[3]
    assert all(address.startswith("/static/shop.") for address in found)
