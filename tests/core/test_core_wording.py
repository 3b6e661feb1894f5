from core.wording import counted


def test_counted():
    assert (counted(1, "image"), counted(1234, "image"), counted(0, "image")) == ("1 image", "1,234 images", "0 images")
    assert (counted(1, "class", "classes"), counted(2, "class", "classes")) == ("1 class", "2 classes")
