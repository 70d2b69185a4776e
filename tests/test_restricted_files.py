"""A restricted file is there for those who work on it or were named, on either side."""

import pytest
from tests.houses import bar, restrict

from maillage.core.errors import Refused

pytestmark = pytest.mark.django_db


class TestARestrictedFile:
    def test_is_seen_by_its_practitioners_the_managers_and_those_named(self, house):
        restrict(house, house.reception)

        seen = {
            who: house.sees(getattr(house, who))
            for who in ("reception", "worker", "practitioner", "manager", "other_manager")
        }
        assert seen == {
            "reception": True,
            "worker": False,
            "practitioner": True,
            "manager": True,
            "other_manager": True,
        }

    def test_answers_the_others_like_one_that_does_not_exist(self, house):
        restrict(house)
        route = house.wall.file_route

        closed = house.page(house.worker, route, house.file.uid)

        assert closed.status_code == 404
        assert closed.content == house.page(house.worker, route, "2" * 12).content

    def test_is_opened_by_another_list_of_names(self, house):
        restrict(house, house.reception)

        restrict(house, house.worker)

        assert house.sees(house.worker)
        assert not house.sees(house.reception)

    def test_is_seen_again_by_all_once_it_is_not(self, house):
        restrict(house)

        house.page(house.manager, "file_unrestrict", house.file.uid, lift="1")

        assert house.sees(house.worker)

    def test_stays_closed_to_somebody_named_who_is_barred(self, house):
        restrict(house, house.worker)

        bar(house, house.worker)

        assert not house.sees(house.worker)

    def test_cannot_name_somebody_who_is_barred(self, house):
        bar(house, house.worker)

        with pytest.raises(Refused):
            restrict(house, house.worker)

    def test_is_restricted_by_a_manager_alone(self, house):
        for who in (house.worker, house.practitioner, house.reception):
            assert house.page(who, "file_restrict", house.file.uid).status_code == 403
