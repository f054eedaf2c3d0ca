"""Small replicas of public data sets in their exact layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from training.datasets.registry import open_dataset
from training.datasets.samples import Dataset
from training.recipe import Recipe

SIDE = 48


def photograph(path: Path, level: int = 120, seed: int = 0, side: int = SIDE) -> Path:
    """Noise around a level, RGB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng([level, seed]).normal(level, 25.0, (side, side, 3))
    Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path)
    return path


def mask(path: Path, box: tuple[int, int, int, int], invert: bool = False) -> Path:
    """White in the box (left, top, right, bottom) on black, or the other way round."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left, top, right, bottom = box
    drawn = np.zeros((SIDE, SIDE), dtype=np.uint8)
    drawn[top:bottom, left:right] = 255
    Image.fromarray(255 - drawn if invert else drawn).save(path)
    return path


def dicom(path: Path, pixels: np.ndarray) -> Path:
    """A grey 16-bit DICOM file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = pydicom.Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = (
        SecondaryCaptureImageStorage,
        meta.MediaStorageSOPInstanceUID,
    )
    data.Modality = "DX"
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = pixels.astype("<u2").tobytes()
    pydicom.dcmwrite(path, data, enforce_file_format=True)
    return path


def write_image(path: Path, seed: int) -> Path:
    """A DICOM file of noise."""
    return dicom(path, np.random.default_rng(seed).integers(0, 4096, (SIDE, SIDE)))


def table(path: Path, *lines: str) -> Path:
    """A text file of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def chexpert(root: Path) -> Path:
    """Two patients to train on, one to validate on; a lateral image and an uncertain one."""
    rows = [
        ("train/patient00001/study1/view1_frontal.jpg", "Female", "68", "Frontal", "AP", "", "1.0"),
        ("train/patient00001/study1/view2_lateral.jpg", "Female", "68", "Lateral", "", "", "1.0"),
        ("train/patient00002/study1/view1_frontal.jpg", "Male", "87", "Frontal", "PA", "1.0", ""),
        ("train/patient00002/study2/view1_frontal.jpg", "Male", "87", "Frontal", "AP", "", "-1.0"),
    ]
    valid = [
        ("valid/patient64541/study1/view1_frontal.jpg", "Male", "73", "Frontal", "AP", "", "0.0")
    ]
    header = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Pleural Effusion"
    for name, result in (("train", rows), ("valid", valid)):
        lines = []
        for number, row in enumerate(result):
            photograph(root / row[0], seed=number)
            lines.append(",".join((f"CheXpert-v1.0-small/{row[0]}", *row[1:])))
        table(root / f"{name}.csv", header, *lines)
    return root


def rsna(root: Path) -> Path:
    """Three patients: two boxes, none, and none with another finding."""
    table(
        root / "stage_2_train_labels.csv",
        "patientId,x,y,width,height,Target",
        "aaa,10.0,12.0,8.0,9.0,1",
        "aaa,30.0,12.0,8.0,9.0,1",
        "bbb,,,,,0",
        "ccc,,,,,0",
    )
    table(root / "stage_2_detailed_class_info.csv", "patientId,class", "aaa,Lung Opacity")
    for seed, name in enumerate(("aaa", "bbb", "ccc")):
        write_image(root / "stage_2_train_images" / f"{name}.dcm", seed)
    return root


def vindr(root: Path) -> Path:
    """Three readers of three training images, and one test image."""
    votes = {"a": ("10", "10", "01"), "b": ("01", "01", "01"), "c": ("00", "00", "10")}
    lines = [
        f"{image},R{r},{vote[0]},{vote[1]}"
        for image, each in votes.items()
        for r, vote in enumerate(each)
    ]
    notes = root / "annotations"
    table(notes / "image_labels_train.csv", "image_id,rad_ID,Cardiomegaly,No finding", *lines)
    table(notes / "image_labels_test.csv", "image_id,Cardiomegaly,No finding", "d,1,0")
    corners = "x_min,y_min,x_max,y_max"
    table(
        notes / "annotations_train.csv",
        f"image_id,rad_id,class_name,{corners}",
        "a,R0,Cardiomegaly,10.5,20.0,30.5,40.0",
        "a,R2,No finding,,,,",
        "b,R0,No finding,,,,",
    )
    table(
        notes / "annotations_test.csv",
        f"image_id,class_name,{corners}",
        "d,Cardiomegaly,1,2,3,4",
    )
    for seed, image in enumerate(votes):
        write_image(root / "train" / f"{image}.dicom", seed)
    write_image(root / "test" / "d.dicom", 9)
    return root


def palm(root: Path) -> Path:
    """A photograph of each kind; the pathologic one has both lesions."""
    for seed, name in enumerate(("H0001", "N0001", "P0001")):
        photograph(root / "PALM-Training400" / f"{name}.jpg", seed=seed)
    lesions = root / "PALM-Training400-Annotation-Lesion" / "Lesion_Masks"
    mask(lesions / "Atrophy" / "P0001.bmp", (5, 5, 15, 15), invert=True)
    mask(lesions / "Detachment" / "P0001.bmp", (30, 30, 35, 40), invert=True)
    return root


def cbis_ddsm(root: Path) -> Path:
    """One mammogram with two masses to train on, one with a calcification to test on."""
    header = (
        "patient_id,breast_density,left or right breast,image view,abnormality id,pathology,"
        "image file path,cropped image file path,ROI mask file path"
    )
    lines = []
    for number, pathology in ((1, "BENIGN"), (2, "MALIGNANT")):
        case, roi = "Mass-Training_P_00001_LEFT_CC", f"Mass-Training_P_00001_LEFT_CC_{number}"
        lines.append(
            f"P_00001,3,LEFT,CC,{number},{pathology},{case}/1.3.6/1.3.7/000000.dcm,"
            f'{roi}/1.3.8/1.3.9/000000.dcm,"{roi}/1.3.8/1.3.9/000001.dcm\n"'
        )
        folder = root / "CBIS-DDSM" / roi / "1.3.8" / "1.3.9"
        drawn = np.zeros((SIDE, SIDE), dtype=int)
        drawn[number * 10 : number * 10 + 5, 4:9] = 65535
        dicom(folder / "1-2.dcm", drawn)
        dicom(folder / "1-1.dcm", np.ones((9, 9), dtype=int))  # the cropped image
    write_image(
        root / "CBIS-DDSM" / "Mass-Training_P_00001_LEFT_CC" / "1.3.6" / "1.3.7" / "1-1.dcm", 1
    )
    table(root / "mass_case_description_train_set.csv", header, *lines)
    name = "Calc-Test_P_00002_RIGHT_MLO"
    write_image(root / "CBIS-DDSM" / name / "1.3.6" / "1.3.7" / "1-1.dcm", 2)
    table(
        root / "calc_case_description_test_set.csv",
        header,
        f"P_00002,2,RIGHT,MLO,1,BENIGN_WITHOUT_CALLBACK,{name}/1.3.6/1.3.7/000000.dcm,x/y,z/y",
    )
    return root


def ham10000(root: Path) -> Path:
    """Three photographs of two lesions, one of them with a segmentation."""
    table(
        root / "HAM10000_metadata.csv",
        "lesion_id,image_id,dx,dx_type,age,sex,localization",
        "HAM_1,ISIC_0000001,nv,follow_up,45.0,male,back",
        "HAM_1,ISIC_0000002,nv,follow_up,45.0,male,back",
        "HAM_2,ISIC_0000003,mel,histo,,unknown,face",
    )
    for number in (1, 2, 3):
        part = 1 if number < 3 else 2
        name = f"ISIC_000000{number}"
        photograph(root / f"HAM10000_images_part_{part}" / f"{name}.jpg", seed=number)
    folder = root / "HAM10000_segmentations_lesion_tschandl"
    mask(folder / "ISIC_0000003_segmentation.png", (10, 20, 30, 40))
    return root


def cub(root: Path) -> Path:
    """Two classes of two birds; one part is hidden on the second bird."""
    names = [
        "001.Black_footed_Albatross/Black_Footed_Albatross_0001_796111.jpg",
        "001.Black_footed_Albatross/Black_Footed_Albatross_0002_55.jpg",
        "002.Laysan_Albatross/Laysan_Albatross_0001_545.jpg",
        "002.Laysan_Albatross/Laysan_Albatross_0002_1027.jpg",
    ]
    table(root / "images.txt", *(f"{i} {n}" for i, n in enumerate(names, 1)))
    table(root / "classes.txt", "1 001.Black_footed_Albatross", "2 002.Laysan_Albatross")
    table(root / "image_class_labels.txt", "1 1", "2 1", "3 2", "4 2")
    table(root / "train_test_split.txt", "1 1", "2 0", "3 1", "4 0")
    table(root / "bounding_boxes.txt", *(f"{i} 5.0 6.0 20.0 30.0" for i in (1, 2, 3, 4)))
    table(root / "parts" / "parts.txt", "1 back", "2 left eye")
    lines = [
        f"{i} {p} {10.0 * p} 12.5 {int((i, p) != (2, 2))}" for i in (1, 2, 3, 4) for p in (1, 2)
    ]
    table(root / "parts" / "part_locs.txt", *lines)
    for seed, name in enumerate(names):
        photograph(root / "images" / name, seed=seed)
    mask(root / "segmentations" / Path(names[0]).with_suffix(".png"), (5, 6, 25, 36))
    return root


def cars(root: Path) -> Path:
    """Two models, one car of each to train on and to test on."""
    from scipy.io import savemat

    (root / "devkit").mkdir(parents=True)
    classes = np.array([["AM General Hummer SUV 2000", "Acura RL Sedan 2012"]], dtype=object)
    savemat(root / "devkit" / "cars_meta.mat", {"class_names": classes})
    fields = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")
    for split, file in (
        ("train", "devkit/cars_train_annos.mat"),
        ("test", "cars_test_annos_withlabels.mat"),
    ):
        rows = np.zeros((1, 2), dtype=[(name, object) for name in fields])
        for i in (0, 1):
            rows[0, i] = (3, 4, 33, 44, i + 1, f"0000{i + 1}.jpg")
            photograph(root / f"cars_{split}" / f"0000{i + 1}.jpg", seed=i, level=90 + len(split))
        savemat(root / file, {"annotations": rows})
    return root


def elpv(root: Path) -> Path:
    """Four cells, one at each probability."""
    lines = []
    for i, (chance, kind) in enumerate(
        ((0.0, "mono"), (1 / 3, "mono"), (2 / 3, "poly"), (1.0, "poly"))
    ):
        photograph(root / "images" / f"cell000{i}.png", seed=i)
        lines.append(f"images/cell000{i}.png  {chance:.16f}  {kind}")
    table(root / "labels.csv", *lines)
    return root


def medmnist(root: Path) -> Path:
    """Eleven grey images of 28 pixels."""
    root.mkdir(parents=True, exist_ok=True)
    chance, arrays = np.random.default_rng(0), {}
    for name, count in (("train", 6), ("val", 2), ("test", 3)):
        arrays[f"{name}_images"] = chance.integers(0, 256, (count, 28, 28)).astype(np.uint8)
        arrays[f"{name}_labels"] = (np.arange(count) % 2)[:, None].astype(np.uint8)
    np.savez(root / "breastmnist.npz", **arrays)
    return root


def dicom_csv(root: Path) -> Path:
    """Three images of two patients under columns of a site's own."""
    table(
        root / "reads.csv",
        "dicom,outcome,subject,view,sex,age,split",
        "a/1.dcm,normal,S1,PA,F,044Y,train",
        "a/2.dcm,fracture,S1,AP,F,044Y,train",
        "b/1.dcm,normal,S2,PA,M,,test",
    )
    for seed, name in enumerate(("a/1.dcm", "a/2.dcm", "b/1.dcm")):
        write_image(root / name, seed)
    return root


REPLICAS = {
    "chexpert": chexpert,
    "rsna": rsna,
    "vindr": vindr,
    "palm": palm,
    "cbis_ddsm": cbis_ddsm,
    "ham10000": ham10000,
    "cub": cub,
    "cars": cars,
    "elpv": elpv,
    "medmnist": medmnist,
    "dicom_csv": dicom_csv,
}
_SITE = {
    "table": "reads.csv",
    "file_column": "dicom",
    "label_column": "outcome",
    "patient_column": "subject",
}


def opened(kind: str, root: Path, **options: object) -> Dataset:
    """The data set of a replica, by a recipe of a few keys."""
    if kind == "dicom_csv":
        options = _SITE | options
    return open_dataset(Recipe(name="x", dataset=kind, **options), root)
