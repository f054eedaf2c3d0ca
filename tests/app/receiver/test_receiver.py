"""When the receiver begins, and how it ends."""

import socket
import struct
import threading
import time
from dataclasses import replace

import pytest
from pynetdicom.dul import DULServiceProvider

from app.domain.dicom.receiving import Receiving
from app.domain.errors import Refused
from app.receiver import receiver
from app.receiver.receiver import Listening, receiving
from app.services.workplace import Workplace
from tests.app.receiver.senders import associated


def test_it_does_not_begin_without_somebody_who_may_send(workplace: Workplace) -> None:
    nobody = replace(workplace.settings, receiving=Receiving(port=0))
    with (
        pytest.raises(Refused, match="DPROTONET_RECEIVE_FROM"),
        receiving(replace(workplace, settings=nobody)),
    ):
        pass


def test_it_does_not_begin_before_it_was_said_whether_patients_are_held(
    workplace: Workplace,
) -> None:
    with (
        pytest.raises(Refused, match="DPROTONET_PATIENTS"),
        receiving(replace(workplace, awaits_choice=True)),
    ):
        pass


def test_a_port_that_is_taken_is_said(workplace: Workplace, listening: Listening) -> None:
    taken = replace(workplace.settings.receiving, port=listening.port)
    again = replace(workplace, settings=replace(workplace.settings, receiving=taken))
    with pytest.raises(Refused, match="DPROTONET_RECEIVE_PORT"), receiving(again):
        pass


def test_an_association_that_does_nothing_is_aborted_at_the_end(workplace: Workplace) -> None:
    with receiving(workplace) as listening:
        idle = associated(listening)
        association = idle.__enter__()
        assert association.is_established
    association.join(10)
    assert association.is_aborted
    with pytest.raises(OSError):
        socket.create_connection((listening.address, listening.port), timeout=5)


def test_a_sender_that_stops_in_the_midst_of_a_unit_does_not_hold_up_the_end(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "CLOSING_SECONDS", 0.3)

    def readers() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if isinstance(one, DULServiceProvider)]

    with socket.socket() as silent:
        with receiving(workplace) as listening:
            silent.connect((listening.address, listening.port))
            silent.sendall(struct.pack(">BBL", 1, 0, 1000) + b"x")
            end = time.monotonic() + 30
            while not readers():
                assert time.monotonic() < end, "nobody reads"
            (reader,) = readers()
        reader.join(20)
        assert not reader.is_alive()
