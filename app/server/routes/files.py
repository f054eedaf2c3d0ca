"""What a page shows or offers: images, heatmaps, pictures, downloads, the viewer's modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from app.domain.errors import NotFound
from app.server.entrance import actor_of
from app.server.refusals import refusal, with_refusals
from app.services import galleries, image_data
from app.services.downloads import offering
from app.services.downloads.streamed import Streamed
from app.services.pictures import nearest, own_maps
from app.services.worklist import thumbnails
from app.services.workplace import Workplace
from app.viewer.assets import viewer_assets
from app.viewer.colours import coloured_png, heatmap_png
from app.viewer.encoding import pack_heatmap, pack_image, pack_picture

Answer = Callable[[Workplace, Request], Response]


def file_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Routes that are asked for with an address alone, and change nothing."""

    def route(path: str, answer: Answer) -> Route:
        @with_refusals
        async def endpoint(request: Request) -> Response:
            # In a thread, so that decoding stops nobody.
            return await run_in_threadpool(
                lambda: answer(get_workplace().of(actor_of(request)), request)
            )

        return Route(path, endpoint, methods=["GET"])

    return [
        route("/api/pixels/{case}/{frame:int}", _image),
        route("/api/thumbnail/{case}", _thumbnail),
        route("/api/heatmap/{explanation}", _heatmap),
        route("/api/instant-map/{case}/{frame:int}/{model}/{number:int}", _instant_map),
        route("/api/gallery/{model}/{prototype}/{number:int}", _picture),
        route("/api/gallery/{model}/{prototype}/{number:int}/heatmap", _picture_heatmap),
        route("/api/gallery/{model}/{prototype}/{number:int}/own-map", _picture_own_map),
        route("/api/gallery/{model}/{prototype}/{number:int}/pixels", _picture_pixels),
        route("/api/gallery/{model}/{prototype}/{number:int}/map", _picture_map),
        route("/api/nearest/{model}/{prototype}/{number:int}", _patch),
        route("/api/nearest/{model}/{prototype}/{number:int}/map", _patch_map),
        route("/api/own-map/{case}/{frame:int}/{model}/{prototype}/map", _own_map),
        route(f"{offering.ROUTE}/{{key}}", _file),
        Route("/api/viewer/{digest}/{name}", _module, methods=["GET"]),
    ]


def _image(workplace: Workplace, request: Request) -> Response:
    case, frame = request.path_params["case"], request.path_params["frame"]
    return _samples(pack_image(image_data.image(workplace, case, frame=frame)))


def _thumbnail(workplace: Workplace, request: Request) -> Response:
    content = thumbnails.thumbnail(workplace, request.path_params["case"])
    return Response(content, media_type="image/jpeg")


def _heatmap(workplace: Workplace, request: Request) -> Response:
    heatmap = image_data.heatmap(workplace, request.path_params["explanation"])
    return _samples(pack_heatmap(heatmap))


def _instant_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    heatmap = image_data.instant_map(
        workplace,
        parts["case"],
        frame=parts["frame"],
        model=parts["model"],
        number=parts["number"],
    )
    return _samples(pack_heatmap(heatmap))


def _samples(content: bytes) -> Response:
    # Named identity, so that no time goes into compressing what stays on this machine.
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Encoding": "identity"},
    )


def _picture(workplace: Workplace, request: Request) -> Response:
    return FileResponse(_gallery_file(workplace, request, heatmap=False))


def _picture_heatmap(workplace: Workplace, request: Request) -> Response:
    heatmap = _gallery_file(workplace, request, heatmap=True)
    try:
        picture = _gallery_file(workplace, request, heatmap=False)
    except NotFound:
        picture = None
    return Response(heatmap_png(heatmap, picture), media_type="image/png")


def _picture_own_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values, picture = own_maps.of_source(
        workplace, parts["model"], prototype=parts["prototype"], number=parts["number"]
    )
    return Response(coloured_png(values, picture), media_type="image/png")


def _picture_pixels(workplace: Workplace, request: Request) -> Response:
    return _samples(pack_picture(_gallery_file(workplace, request, heatmap=False)))


def _picture_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values = own_maps.values_of_source(
        workplace, parts["model"], prototype=parts["prototype"], number=parts["number"]
    )
    return _samples(pack_heatmap(values))


def _patch(workplace: Workplace, request: Request, *, activation: bool = False) -> Response:
    parts = request.path_params
    content = nearest.picture(
        workplace,
        parts["model"],
        prototype=parts["prototype"],
        number=parts["number"],
        activation=activation,
    )
    return Response(content, media_type="image/png")


def _patch_map(workplace: Workplace, request: Request) -> Response:
    return _patch(workplace, request, activation=True)


def _own_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values = own_maps.values(
        workplace,
        parts["case"],
        frame=parts["frame"],
        model=parts["model"],
        prototype=parts["prototype"],
    )
    return _samples(pack_heatmap(values))


def _file(workplace: Workplace, request: Request) -> Response:
    offer, content = offering.made(workplace, request.path_params["key"])
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(offer.name)}"}
    if isinstance(content, Streamed):
        # Compressed already; and what gathers bytes to compress them would hold them up.
        headers["Content-Encoding"] = "identity"
        return StreamingResponse(content.pieces, media_type=offer.kind, headers=headers)
    return Response(content, media_type=offer.kind, headers=headers)


def _gallery_file(workplace: Workplace, request: Request, *, heatmap: bool) -> Path:
    parts = request.path_params
    return galleries.picture(
        workplace,
        parts["model"],
        prototype=parts["prototype"],
        number=parts["number"],
        heatmap=heatmap,
    )


async def _module(request: Request) -> Response:
    assets = viewer_assets()
    content = assets.modules.get(request.path_params["name"])
    if content is None or request.path_params["digest"] != assets.digest:
        return refusal(NotFound("There is no such file. Reload the page."))
    return Response(content, media_type="text/javascript")
