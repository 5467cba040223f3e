# One image per service: docker build --build-arg SERVICE=Ingestion .
# SERVICE is Ingestion, Segmentation, EngagementTracking, CampaignRecommendation, Gateway or AllInOne.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
ARG SERVICE
# "true" takes the true packages instead of build/stand-ins, where the package feed has them.
ARG UseUpstreamPackages=
WORKDIR /source
COPY . .
RUN project=$(find services gateway -name "${SERVICE}.csproj") \
 && test -n "$project" || { echo "no service named '${SERVICE}'"; exit 1; } \
 && dotnet publish "$project" -c Release -o /app \
 && mv "/app/Perennial.${SERVICE}" /app/service

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=build /app .
# Inside a container the address is the container's own; a service token is then required.
ENV PERENNIAL_Listen__Address=0.0.0.0
USER 1654
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 CMD ["/app/service", "--health"]
ENTRYPOINT ["/app/service"]
