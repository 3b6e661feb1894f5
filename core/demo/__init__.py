"""The demo data: a wardrobe of garments that we draw ourselves."""

from core.demo.generator import draw_wardrobe, ensure_demo

__all__ = ["draw_wardrobe", "ensure_demo"]
