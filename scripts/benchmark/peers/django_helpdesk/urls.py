"""django-helpdesk at the root, and a route that does nothing."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def floor(request: HttpRequest) -> JsonResponse:
    """The least that an answer costs."""
    return JsonResponse({"hello": "world"})


urlpatterns = [path("floor", floor), path("", include("helpdesk.urls"))]
