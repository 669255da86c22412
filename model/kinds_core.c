/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The tables of core/v1, discovery/v1, apps/v1 and batch/v1. A field that the API has and bellman
 * does not look at is listed as ignored, so that what is not listed is a mistake of the one who
 * wrote it.
 */

#include "model/table.h"

/* clang-format off */
static const char *const service_types[] = { "ClusterIP", "NodePort", "LoadBalancer", "ExternalName", NULL };
static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const family_policies[] = { "", "SingleStack", "PreferDualStack", "RequireDualStack", NULL };
static const char *const traffic_policies[] = { "Cluster", "Local", NULL };
static const char *const affinities[] = { "None", "ClientIP", NULL };
static const char *const selector_ops[] = { "", "In", "NotIn", "Exists", "DoesNotExist", NULL };

static const struct field schema_meta_fields[] = {
	NEEDED("name", object, meta.name),
	STRING("namespace", object, meta.ns),
	STRING("uid", object, meta.uid),
	STRING("resourceVersion", object, meta.resource_version),
	MAP("labels", object, meta.labels),
	MAP("annotations", object, meta.annotations),
	TIME("creationTimestamp", object, meta.created_seconds),
	TIME("deletionTimestamp", object, meta.deleted_seconds),
	IGNORED("generateName"), IGNORED("generation"), IGNORED("selfLink"),
	IGNORED("ownerReferences"), IGNORED("finalizers"), IGNORED("managedFields"),
	IGNORED("deletionGracePeriodSeconds"),
};
SCHEMA(schema_meta, "metadata", object);

static const struct field expression_fields[] = {
	NEEDED("key", selector_expression, key),
	{ PLACE("operator", selector_expression, op, FIELD_ENUM), .names = selector_ops, .is_required = true },
	STRINGS("values", selector_expression, values),
};
static SCHEMA(expression, "matchExpressions", selector_expression);

static const struct field schema_selector_fields[] = {
	MAP("matchLabels", selector, match_labels),
	LIST("matchExpressions", selector, expressions, expression),
};
SCHEMA(schema_selector, "selector", selector);

static const struct field service_port_fields[] = {
	STRING("name", service_port, name),
	ENUM("protocol", service_port, protocol, protocols),
	{ PLACE("port", service_port, port, FIELD_INT), .min = 1, .max = 65535, .is_required = true },
	{ PLACE("targetPort", service_port, target_port, FIELD_INT_OR_STRING) },
	INT("nodePort", service_port, node_port, 0, 65535),
	STRING("appProtocol", service_port, app_protocol),
};
static SCHEMA(service_port, "ports", service_port);

static const struct field service_client_ip_fields[] = {
	INT("timeoutSeconds", service, session_timeout_seconds, 1, 86400),
};
static SCHEMA(service_client_ip, "clientIP", service);

static const struct field service_affinity_config_fields[] = {
	INLINE("clientIP", service_client_ip),
};
static SCHEMA(service_affinity_config, "sessionAffinityConfig", service);

static const struct field service_spec_fields[] = {
	ENUM("type", service, type, service_types),
	STRING("clusterIP", service, cluster_ip),
	STRINGS("clusterIPs", service, cluster_ips),
	STRING("loadBalancerIP", service, load_balancer_ip),
	STRING("loadBalancerClass", service, load_balancer_class),
	ENUM("externalTrafficPolicy", service, external_traffic_policy, traffic_policies),
	ENUM("internalTrafficPolicy", service, internal_traffic_policy, traffic_policies),
	ENUM("ipFamilyPolicy", service, ip_family_policy, family_policies),
	STRINGS("ipFamilies", service, ip_families),
	MAP("selector", service, selector),
	BOOL("publishNotReadyAddresses", service, publish_not_ready),
	STRING("externalName", service, external_name),
	STRINGS("externalIPs", service, external_ips),
	STRINGS("loadBalancerSourceRanges", service, source_ranges),
	OPT_BOOL("allocateLoadBalancerNodePorts", service, allocate_node_ports),
	INT("healthCheckNodePort", service, health_check_node_port, 0, 65535),
	ENUM("sessionAffinity", service, session_affinity, affinities),
	INLINE("sessionAffinityConfig", service_affinity_config),
	LIST("ports", service, ports, service_port),
	IGNORED("trafficDistribution"), IGNORED("topologyKeys"), IGNORED("ipFamily"),
};
static SCHEMA(service_spec, "spec", service);

static const struct field service_ingress_fields[] = {
	STRING("ip", service_ingress, ip),
	STRING("hostname", service_ingress, hostname),
	IGNORED("ipMode"), IGNORED("ports"),
};
static SCHEMA(service_ingress, "ingress", service_ingress);

static const struct field service_lb_fields[] = {
	LIST("ingress", service, ingress, service_ingress),
};
static SCHEMA(service_lb, "loadBalancer", service);

static const struct field service_status_fields[] = {
	INLINE("loadBalancer", service_lb),
	IGNORED("conditions"),
};
static SCHEMA(service_status, "status", service);

static const struct field schema_service_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", service_spec),
	INLINE("status", service_status),
};
SCHEMA(schema_service, "Service", service);

static const struct field endpoint_port_fields[] = {
	STRING("name", endpoint_port, name),
	ENUM("protocol", endpoint_port, protocol, protocols),
	PORT("port", endpoint_port, port),
	STRING("appProtocol", endpoint_port, app_protocol),
};
static SCHEMA(endpoint_port, "ports", endpoint_port);

static const struct field slice_conditions_fields[] = {
	OPT_BOOL("ready", slice_endpoint, ready),
	OPT_BOOL("serving", slice_endpoint, serving),
	OPT_BOOL("terminating", slice_endpoint, terminating),
};
static SCHEMA(slice_conditions, "conditions", slice_endpoint);

static const struct field slice_target_fields[] = {
	STRING("kind", slice_endpoint, target_kind),
	STRING("name", slice_endpoint, target_name),
	IGNORED("namespace"), IGNORED("uid"), IGNORED("apiVersion"), IGNORED("resourceVersion"),
	IGNORED("fieldPath"),
};
static SCHEMA(slice_target, "targetRef", slice_endpoint);

static const struct field slice_endpoint_fields[] = {
	STRINGS("addresses", slice_endpoint, addresses),
	INLINE("conditions", slice_conditions),
	STRING("nodeName", slice_endpoint, node_name),
	STRING("hostname", slice_endpoint, hostname),
	STRING("zone", slice_endpoint, zone),
	INLINE("targetRef", slice_target),
	IGNORED("hints"), IGNORED("deprecatedTopology"), IGNORED("topology"),
};
static SCHEMA(slice_endpoint, "endpoints", slice_endpoint);

static const struct field schema_endpoint_slice_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	STRING("addressType", endpoint_slice, address_type),
	LIST("endpoints", endpoint_slice, endpoints, slice_endpoint),
	LIST("ports", endpoint_slice, ports, endpoint_port),
};
SCHEMA(schema_endpoint_slice, "EndpointSlice", endpoint_slice);

static const struct field endpoint_address_fields[] = {
	NEEDED("ip", endpoint_address, ip),
	STRING("nodeName", endpoint_address, node_name),
	IGNORED("hostname"), IGNORED("targetRef"),
};
static SCHEMA(endpoint_address, "addresses", endpoint_address);

static const struct field endpoint_subset_fields[] = {
	LIST("addresses", endpoint_subset, addresses, endpoint_address),
	LIST("notReadyAddresses", endpoint_subset, not_ready, endpoint_address),
	LIST("ports", endpoint_subset, ports, endpoint_port),
};
static SCHEMA(endpoint_subset, "subsets", endpoint_subset);

static const struct field schema_endpoints_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	LIST("subsets", endpoints, subsets, endpoint_subset),
};
SCHEMA(schema_endpoints, "Endpoints", endpoints);

static const struct field container_port_fields[] = {
	STRING("name", container_port, name),
	ENUM("protocol", container_port, protocol, protocols),
	PORT("containerPort", container_port, port),
	IGNORED("hostPort"), IGNORED("hostIP"),
};
static SCHEMA(container_port, "ports", container_port);

static const struct field container_fields[] = {
	NEEDED("name", container, name),
	LIST("ports", container, ports, container_port),
	IGNORED("image"), IGNORED("command"), IGNORED("args"), IGNORED("workingDir"),
	IGNORED("env"), IGNORED("envFrom"), IGNORED("resources"), IGNORED("resizePolicy"),
	IGNORED("restartPolicy"), IGNORED("restartPolicyRules"), IGNORED("volumeMounts"),
	IGNORED("volumeDevices"), IGNORED("livenessProbe"), IGNORED("readinessProbe"),
	IGNORED("startupProbe"), IGNORED("lifecycle"), IGNORED("terminationMessagePath"),
	IGNORED("terminationMessagePolicy"), IGNORED("imagePullPolicy"),
	IGNORED("securityContext"), IGNORED("stdin"), IGNORED("stdinOnce"), IGNORED("tty"),
};
static SCHEMA(container, "containers", container);

static const struct field condition_fields[] = {
	STRING("type", condition, type),
	STRING("status", condition, status),
	IGNORED("lastProbeTime"), IGNORED("lastTransitionTime"), IGNORED("lastHeartbeatTime"),
	IGNORED("reason"), IGNORED("message"), IGNORED("observedGeneration"),
};
static SCHEMA(condition, "conditions", condition);

static const struct field pod_spec_fields[] = {
	STRING("nodeName", pod, node_name),
	LIST("containers", pod, containers, container),
	IGNORED("volumes"), IGNORED("initContainers"), IGNORED("ephemeralContainers"),
	IGNORED("restartPolicy"), IGNORED("terminationGracePeriodSeconds"),
	IGNORED("activeDeadlineSeconds"), IGNORED("dnsPolicy"), IGNORED("nodeSelector"),
	IGNORED("serviceAccountName"), IGNORED("serviceAccount"),
	IGNORED("automountServiceAccountToken"), IGNORED("hostNetwork"), IGNORED("hostPID"),
	IGNORED("hostIPC"), IGNORED("shareProcessNamespace"), IGNORED("securityContext"),
	IGNORED("imagePullSecrets"), IGNORED("hostname"), IGNORED("subdomain"),
	IGNORED("affinity"), IGNORED("schedulerName"), IGNORED("tolerations"),
	IGNORED("hostAliases"), IGNORED("priorityClassName"), IGNORED("priority"),
	IGNORED("dnsConfig"), IGNORED("readinessGates"), IGNORED("runtimeClassName"),
	IGNORED("enableServiceLinks"), IGNORED("preemptionPolicy"), IGNORED("overhead"),
	IGNORED("topologySpreadConstraints"), IGNORED("setHostnameAsFQDN"), IGNORED("os"),
	IGNORED("hostUsers"), IGNORED("schedulingGates"), IGNORED("resourceClaims"),
	IGNORED("resources"), IGNORED("hostnameOverride"),
};
static SCHEMA(pod_spec, "spec", pod);

static const struct field pod_ip_fields[] = {
	STRING("ip", pod_ip, ip),
};
static SCHEMA(pod_ip, "podIPs", pod_ip);

static const struct field pod_status_fields[] = {
	STRING("phase", pod, phase),
	STRING("podIP", pod, pod_ip),
	LIST("podIPs", pod, pod_ips, pod_ip),
	LIST("conditions", pod, conditions, condition),
	IGNORED("message"), IGNORED("reason"), IGNORED("nominatedNodeName"), IGNORED("hostIP"),
	IGNORED("hostIPs"), IGNORED("startTime"), IGNORED("initContainerStatuses"),
	IGNORED("containerStatuses"), IGNORED("qosClass"), IGNORED("ephemeralContainerStatuses"),
	IGNORED("resize"), IGNORED("resourceClaimStatuses"), IGNORED("observedGeneration"),
};
static SCHEMA(pod_status, "status", pod);

static const struct field schema_pod_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", pod_spec),
	INLINE("status", pod_status),
};
SCHEMA(schema_pod, "Pod", pod);

static const struct field template_meta_fields[] = {
	MAP("labels", workload, template_labels),
	IGNORED("annotations"), IGNORED("creationTimestamp"), IGNORED("name"),
	IGNORED("namespace"), IGNORED("generateName"), IGNORED("finalizers"),
};
static SCHEMA(template_meta, "metadata", workload);

static const struct field template_spec_fields[] = {
	LIST("containers", workload, containers, container),
	IGNORED("nodeName"), IGNORED("volumes"), IGNORED("initContainers"),
	IGNORED("ephemeralContainers"), IGNORED("restartPolicy"),
	IGNORED("terminationGracePeriodSeconds"), IGNORED("activeDeadlineSeconds"),
	IGNORED("dnsPolicy"), IGNORED("nodeSelector"), IGNORED("serviceAccountName"),
	IGNORED("serviceAccount"), IGNORED("automountServiceAccountToken"), IGNORED("hostNetwork"),
	IGNORED("hostPID"), IGNORED("hostIPC"), IGNORED("shareProcessNamespace"),
	IGNORED("securityContext"), IGNORED("imagePullSecrets"), IGNORED("hostname"),
	IGNORED("subdomain"), IGNORED("affinity"), IGNORED("schedulerName"),
	IGNORED("tolerations"), IGNORED("hostAliases"), IGNORED("priorityClassName"),
	IGNORED("priority"), IGNORED("dnsConfig"), IGNORED("readinessGates"),
	IGNORED("runtimeClassName"), IGNORED("enableServiceLinks"), IGNORED("preemptionPolicy"),
	IGNORED("overhead"), IGNORED("topologySpreadConstraints"), IGNORED("setHostnameAsFQDN"),
	IGNORED("os"), IGNORED("hostUsers"), IGNORED("schedulingGates"), IGNORED("resourceClaims"),
	IGNORED("resources"), IGNORED("hostnameOverride"),
};
static SCHEMA(template_spec, "spec", workload);

static const struct field template_fields[] = {
	INLINE("metadata", template_meta),
	INLINE("spec", template_spec),
};
static SCHEMA(template, "template", workload);

static const struct field workload_spec_fields[] = {
	INLINE("template", template),
	PART("selector", workload, selector, schema_selector),
	INT("replicas", workload, replicas, 0, INT32_TOP),
	IGNORED("minReadySeconds"), IGNORED("strategy"), IGNORED("updateStrategy"),
	IGNORED("revisionHistoryLimit"), IGNORED("paused"), IGNORED("progressDeadlineSeconds"),
	IGNORED("serviceName"), IGNORED("volumeClaimTemplates"), IGNORED("podManagementPolicy"),
	IGNORED("persistentVolumeClaimRetentionPolicy"), IGNORED("ordinals"),
	IGNORED("parallelism"), IGNORED("completions"), IGNORED("activeDeadlineSeconds"),
	IGNORED("podFailurePolicy"), IGNORED("successPolicy"), IGNORED("backoffLimit"),
	IGNORED("backoffLimitPerIndex"), IGNORED("maxFailedIndexes"), IGNORED("manualSelector"),
	IGNORED("ttlSecondsAfterFinished"), IGNORED("completionMode"), IGNORED("suspend"),
	IGNORED("podReplacementPolicy"), IGNORED("managedBy"),
};
static SCHEMA(workload_spec, "spec", workload);

static const struct field schema_workload_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", workload_spec),
	IGNORED("status"),
};
SCHEMA(schema_workload, "workload", workload);

static const struct field rc_spec_fields[] = {
	INLINE("template", template),
	MAP("selector", workload, selector.match_labels),
	INT("replicas", workload, replicas, 0, INT32_TOP),
	IGNORED("minReadySeconds"),
};
static SCHEMA(rc_spec, "spec", workload);

static const struct field schema_replication_controller_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", rc_spec),
	IGNORED("status"),
};
SCHEMA(schema_replication_controller, "ReplicationController", workload);

static const struct field job_spec_fields[] = {
	INLINE("template", template),
	IGNORED("parallelism"), IGNORED("completions"), IGNORED("activeDeadlineSeconds"),
	IGNORED("podFailurePolicy"), IGNORED("successPolicy"), IGNORED("backoffLimit"),
	IGNORED("backoffLimitPerIndex"), IGNORED("maxFailedIndexes"), IGNORED("selector"),
	IGNORED("manualSelector"), IGNORED("ttlSecondsAfterFinished"), IGNORED("completionMode"),
	IGNORED("suspend"), IGNORED("podReplacementPolicy"), IGNORED("managedBy"),
};
static SCHEMA(job_spec, "spec", workload);

static const struct field job_template_fields[] = {
	INLINE("spec", job_spec),
	IGNORED("metadata"),
};
static SCHEMA(job_template, "jobTemplate", workload);

static const struct field cron_job_spec_fields[] = {
	INLINE("jobTemplate", job_template),
	IGNORED("schedule"), IGNORED("timeZone"), IGNORED("startingDeadlineSeconds"),
	IGNORED("concurrencyPolicy"), IGNORED("suspend"), IGNORED("successfulJobsHistoryLimit"),
	IGNORED("failedJobsHistoryLimit"),
};
static SCHEMA(cron_job_spec, "spec", workload);

static const struct field schema_cron_job_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", cron_job_spec),
	IGNORED("status"),
};
SCHEMA(schema_cron_job, "CronJob", workload);

static const struct field taint_fields[] = {
	NEEDED("key", taint, key),
	STRING("value", taint, value),
	STRING("effect", taint, effect),
	IGNORED("timeAdded"),
};
static SCHEMA(taint, "taints", taint);

static const struct field node_spec_fields[] = {
	BOOL("unschedulable", node, unschedulable),
	LIST("taints", node, taints, taint),
	IGNORED("podCIDR"), IGNORED("podCIDRs"), IGNORED("providerID"), IGNORED("configSource"),
	IGNORED("externalID"),
};
static SCHEMA(node_spec, "spec", node);

static const struct field node_address_fields[] = {
	STRING("type", node_address, type),
	STRING("address", node_address, address),
};
static SCHEMA(node_address, "addresses", node_address);

static const struct field node_status_fields[] = {
	LIST("addresses", node, addresses, node_address),
	LIST("conditions", node, conditions, condition),
	IGNORED("capacity"), IGNORED("allocatable"), IGNORED("phase"), IGNORED("daemonEndpoints"),
	IGNORED("nodeInfo"), IGNORED("images"), IGNORED("volumesInUse"),
	IGNORED("volumesAttached"), IGNORED("config"), IGNORED("runtimeHandlers"),
	IGNORED("features"), IGNORED("declaredFeatures"),
};
static SCHEMA(node_status, "status", node);

static const struct field schema_node_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", node_spec),
	INLINE("status", node_status),
};
SCHEMA(schema_node, "Node", node);

static const struct field schema_k8s_namespace_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	IGNORED("spec"), IGNORED("status"),
};
SCHEMA(schema_k8s_namespace, "Namespace", k8s_namespace);

static const struct field schema_secret_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	STRING("type", secret, type),
	{ PLACE("data", secret, data, FIELD_BYTES_MAP) },
	MAP("stringData", secret, string_data),
	IGNORED("immutable"),
};
SCHEMA(schema_secret, "Secret", secret);
/* clang-format on */
