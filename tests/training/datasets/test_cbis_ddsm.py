import numpy as np

from tests.training.datasets import public
from tests.training.datasets.public import opened


def test_cbis_ddsm_joins_the_abnormalities_of_a_mammogram(made):
    samples, _ = made("cbis_ddsm")
    mass, calc = samples.values()
    assert (mass.label, mass.official_split, mass.patient_id) == (1, "train", "P_00001")
    assert (calc.label, calc.official_split, calc.view) == (0, "test", "MLO")
    drawn = mass.mask()
    assert drawn.shape == (public.SIDE, public.SIDE) and drawn.sum() == 50
    assert drawn[12, 5] and drawn[22, 5] and not drawn[30, 30]


def test_a_cbis_mask_of_another_size_is_fitted_to_its_mammogram_and_a_lone_crop_is_not(
    tmp_path, caplog
):
    root = public.cbis_ddsm(tmp_path / "set")
    first, second = sorted(root.rglob("1-2.dcm"))
    larger = np.zeros((2 * public.SIDE, 2 * public.SIDE), dtype=int)
    larger[:20, :20] = 65535
    public.dicom(first, larger)
    second.unlink()  # leaves the crop
    drawn = opened("cbis_ddsm", root).samples[0].mask()
    assert drawn.sum() == 100 and drawn[:10, :10].all()
    assert "another size" in caplog.text
