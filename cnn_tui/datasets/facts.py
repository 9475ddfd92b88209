"""What is known of each data set before it is loaded, and where its files are."""

import os
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

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
class Archive:
    """Files of another kind, which torchvision's class unpacks and reads."""

    torchvision_class: str
    """Its class in ``torchvision.datasets``."""
    train: dict[str, Any]
    """The arguments of that class for the training images."""
    test: dict[str, Any]
    is_transposed: bool = False
    """Whether its images lie on their side."""
    first_label: int = 0
    """The number of its first class."""
    needs: str | None = None
    """A package that its files are read with, an extra of this one."""


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

    source: IdxFiles | Archive
    """Where its images are and how they are decoded."""


_CIFAR100 = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy "
    "bridge bus butterfly camel can castle caterpillar cattle chair chimpanzee "
    "clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant "
    "flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower "
    "leopard lion lizard lobster man maple_tree motorcycle mountain mouse "
    "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree "
    "plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea "
    "seal shark shrew skunk skyscraper snail snake spider squirrel streetcar "
    "sunflower sweet_pepper table tank telephone television tiger tractor train "
    "trout tulip turtle wardrobe whale willow_tree wolf woman worm "
)
_CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck"
_STL10 = "airplane bird car cat deer dog horse monkey ship truck"
_FASHION = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
DATASETS = {
    "mnist": NamedFacts(
        title="MNIST",
        input_shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        class_names=tuple(digits),
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
    "kmnist": NamedFacts(
        title="Kuzushiji-MNIST",
        input_shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        source=IdxFiles(
            torchvision_class="KMNIST",
            md5=(
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            ),
        ),
    ),
    "usps": NamedFacts(
        title="USPS",
        input_shape=(1, 16, 16),
        train_images=7_291,
        test_images=2_007,
        class_names=tuple(digits),
        source=Archive(
            torchvision_class="USPS", train={"train": True}, test={"train": False}
        ),
    ),
    "cifar10": NamedFacts(
        title="CIFAR-10",
        input_shape=(3, 32, 32),
        train_images=50_000,
        test_images=10_000,
        class_names=tuple(_CIFAR10.split()),
        source=Archive(
            torchvision_class="CIFAR10", train={"train": True}, test={"train": False}
        ),
    ),
    "cifar100": NamedFacts(
        title="CIFAR-100",
        input_shape=(3, 32, 32),
        train_images=50_000,
        test_images=10_000,
        class_names=tuple(_CIFAR100.split()),
        source=Archive(
            torchvision_class="CIFAR100", train={"train": True}, test={"train": False}
        ),
    ),
    "stl10": NamedFacts(
        title="STL-10",
        input_shape=(3, 96, 96),
        train_images=5_000,
        test_images=8_000,
        class_names=tuple(_STL10.split()),
        source=Archive(
            torchvision_class="STL10", train={"split": "train"}, test={"split": "test"}
        ),
    ),
    "svhn": NamedFacts(
        title="SVHN",
        input_shape=(3, 32, 32),
        train_images=73_257,
        test_images=26_032,
        class_names=tuple(digits),
        source=Archive(
            torchvision_class="SVHN",
            train={"split": "train"},
            test={"split": "test"},
            needs="scipy",
        ),
    ),
    "qmnist": NamedFacts(
        title="QMNIST",
        input_shape=(1, 28, 28),
        train_images=60_000,
        test_images=60_000,
        class_names=tuple(digits),
        source=Archive(
            torchvision_class="QMNIST", train={"what": "train"}, test={"what": "test"}
        ),
    ),
}


_MERGED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
"""Without the small letters that look like their capitals."""
_EMNIST: tuple[tuple[str, str, int, int], ...] = (
    ("balanced", _MERGED, 112_800, 18_800),
    ("letters", ascii_lowercase, 124_800, 20_800),
    ("digits", digits, 240_000, 40_000),
    ("mnist", digits, 60_000, 10_000),
    ("byclass", digits + ascii_uppercase + ascii_lowercase, 697_932, 116_323),
    ("bymerge", _MERGED, 697_932, 116_323),
)
"""Split, classes, training images, test images."""
DATASETS |= {
    f"emnist-{split}": NamedFacts(
        title=f"EMNIST {split}",
        input_shape=(1, 28, 28),
        train_images=train_images,
        test_images=test_images,
        class_names=tuple(class_names),
        source=Archive(
            torchvision_class="EMNIST",
            train={"split": split, "train": True},
            test={"split": split, "train": False},
            is_transposed=True,
            first_label=1 if split == "letters" else 0,
        ),
    )
    for split, class_names, train_images, test_images in _EMNIST
}


def data_folder(data_dir: Path | None) -> Path:
    """Returns where raw data is: --data-dir, else CNN_TUI_DATA, else the user's."""
    folder = data_dir or os.environ.get("CNN_TUI_DATA") or user_data_path("cnn-tui")
    return Path(os.path.expanduser(folder))
