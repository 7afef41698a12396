"""What setup.cfg can't say: samurai_training belongs to editable installs, not to the wheel."""

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel


class EditableWheel(editable_wheel):
    """Offers `python -m samurai_training` too, whose results the wheel carries."""

    def run(self) -> None:
        """Build it with one package more."""
        assert self.distribution.packages is not None and self.distribution.package_dir is not None
        self.distribution.packages.append("samurai_training")
        self.distribution.package_dir["samurai_training"] = "sam2/samurai_training"
        super().run()


setup(cmdclass={"editable_wheel": EditableWheel})
