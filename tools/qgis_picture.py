"""Draw a GeoPackage as QGIS shows it when it is opened: ``qgis_picture.py FILE OUT.png LAYER ...``.

Runs under the Python that QGIS belongs to (Debian: ``apt install python3-qgis``, then the system's
``python3``), not under this project's. Prints one line of JSON for each layer: how many features,
by what it is coloured, and the labels of its legend; fails if a layer or its embedded style cannot
be read. Layers are drawn the first on top.
"""

from __future__ import annotations

import json
import os
import sys

SIDE_PX = 1000
LOADED = "Loaded from Provider"


def main(path: str, out: str, names: list[str]) -> int:
    """Draw the layers and tell what was read; 1 if anything was not."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from qgis import core  # noqa: PLC0415 - only where QGIS is
    from qgis.PyQt.QtCore import QSize  # noqa: PLC0415 - same
    from qgis.PyQt.QtGui import QColor  # noqa: PLC0415 - same

    application = core.QgsApplication([], False)
    application.initQgis()
    layers = [core.QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names]
    wrong = 0
    for layer in layers:
        style, _ = layer.loadDefaultStyle()
        wrong += not layer.isValid() or style != LOADED
        told = {
            "layer": layer.name(),
            "crs": layer.crs().authid(),
            "features": layer.featureCount(),
            "style": style,
            "renderer": layer.renderer().type() if layer.isValid() else "",
            "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        }
        sys.stdout.write(json.dumps(told) + "\n")
    settings = core.QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(SIDE_PX, SIDE_PX))
    extent = layers[-1].extent()
    extent.scale(1.05)
    settings.setExtent(extent)
    job = core.QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    wrong += len(job.errors()) + (not job.renderedImage().save(out))
    sys.stdout.flush()
    # taking QGIS apart crashes some versions once everything has been drawn
    os._exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
