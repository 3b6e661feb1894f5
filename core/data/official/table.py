"""Every official set that can be opened, in one table."""

from __future__ import annotations

from core.data.official.aircraft import AIRCRAFT
from core.data.official.cars196 import CARS196
from core.data.official.cub200 import CUB200
from core.data.official.fashion_mnist import FASHION_MNIST
from core.data.official.flowers102 import FLOWERS102
from core.data.official.food101 import FOOD101
from core.data.official.in_shop import IN_SHOP
from core.data.official.official_set import OfficialSet
from core.data.official.omniglot import OMNIGLOT
from core.data.official.online_products import ONLINE_PRODUCTS
from core.data.official.oxford_pets import OXFORD_PETS

# In torchvision, under these names; `torchvision:NAME` opens them.
TORCHVISION: dict[str, OfficialSet] = {
    "Omniglot": OMNIGLOT,
    "FashionMNIST": FASHION_MNIST,
    "Flowers102": FLOWERS102,
    "OxfordIIITPet": OXFORD_PETS,
    "FGVCAircraft": AIRCRAFT,
    "StanfordCars": CARS196,
    "Food101": FOOD101,
}
OFFICIAL_SETS: tuple[OfficialSet, ...] = (
    *(CUB200, CARS196, ONLINE_PRODUCTS, IN_SHOP),
    *(official for official in TORCHVISION.values() if official is not CARS196),
)
