"""What is agreed to: every image that can be shown, in every encoding that can be read."""

from app.receiver.contexts import contexts
from dprotonet.images.dicom.kinds import is_image_class, readable_syntaxes


def test_each_class_of_images_is_agreed_to_in_all_encodings_that_are_read() -> None:
    found = {str(one.abstract_syntax): one for one in contexts()}
    assert len(found) > 50
    verification = found.pop("1.2.840.10008.1.1")
    assert "1.2.840.10008.1.2" in verification.transfer_syntax
    for name, context in found.items():
        assert is_image_class(name)
        assert tuple(context.transfer_syntax) == readable_syntaxes()
    for name in ("1.1", "1.1.1", "2", "4", "6.1", "7", "13.1.3"):
        assert f"1.2.840.10008.5.1.4.1.1.{name}" in found
