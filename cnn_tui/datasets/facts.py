"""What is known of each data set before it is loaded, and where its files are."""

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

BUNDLED = Path(__file__).parent / "bundled"
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdxFiles:
    """Four gzipped IDX files, as torchvision keeps them; their MD5 is torchvision's."""

    torchvision_class: str
    """Its class in ``torchvision.datasets``, which is also its folder's name."""
    md5: tuple[str, str, str, str]
    """Of ``FILES``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What is known of a data set before its images are decoded."""

    title: str
    input_shape: tuple[int, int, int]
    """Channels, height, width."""
    train_images: int
    test_images: int
    validation_images: int = 0
    """Those of its own, beside the ones that a config holds out."""
    class_names: tuple[str, ...]

    @property
    def classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFacts(DatasetFacts):
    """Those of a set that everybody has: they never change."""

    source: IdxFiles
    """Where its images are and how they are decoded."""


_FASHION = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
DATASETS = {
    "mnist": NamedFacts(
        title="MNIST",
        input_shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        class_names=tuple("0123456789"),
        source=IdxFiles(
            torchvision_class="MNIST",
            md5=(
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "d53e105ee54ea40749a09fcbcd1e9432",
                "9fb629c4189551a2d022fa330f9573f3",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ),
        ),
    ),
    "fashion-mnist": NamedFacts(
        title="Fashion-MNIST",
        input_shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        class_names=tuple(_FASHION.split(",")),
        source=IdxFiles(
            torchvision_class="FashionMNIST",
            md5=(
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ),
        ),
    ),
}


def data_folder(data_dir: Path | None) -> Path:
    """Returns where raw data is: --data-dir, else CNN_TUI_DATA, else the user's."""
    folder = data_dir or os.environ.get("CNN_TUI_DATA") or user_data_path("cnn-tui")
    return Path(os.path.expanduser(folder))
