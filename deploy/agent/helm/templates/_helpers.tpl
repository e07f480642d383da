{{- define "farmops-agent.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "farmops-agent.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "farmops-agent.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "farmops-agent.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "farmops-agent.selector" -}}
app.kubernetes.io/name: {{ include "farmops-agent.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "farmops-agent.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{ include "farmops-agent.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "farmops-agent.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "farmops-agent.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "farmops-agent.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Restricted pod security, for every container of the pod. */}}
{{- define "farmops-agent.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: ["ALL"]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What cannot work is said here, before anything is installed. */}}
{{- define "farmops-agent.check" -}}
{{- if not .Values.tracker.url -}}
{{- fail "tracker.url is missing: set it to the address of your tracker, such as https://tracker.example.org:8443" -}}
{{- end -}}
{{- if and (eq .Values.kind "DaemonSet") .Values.agentKey.existingSecret -}}
{{- fail "agentKey.existingSecret needs kind Deployment: the agents of a DaemonSet must not share a key, or their chain forks" -}}
{{- end -}}
{{- if and (eq .Values.kind "DaemonSet") .Values.persistence.existingClaim -}}
{{- fail "persistence.existingClaim needs kind Deployment: the agents of a DaemonSet must not share a volume" -}}
{{- end -}}
{{- $names := list -}}
{{- $ids := .Values.plugins.firstParty -}}
{{- range .Values.plugins.extra -}}
{{- $ids = append $ids .id -}}
{{- end -}}
{{- range .Values.sidecars -}}
{{- if has .name $names -}}
{{- fail (printf "sidecars: two are named %s; each needs a name of its own, for its container and its socket" .name) -}}
{{- end -}}
{{- if has .id $ids -}}
{{- fail (printf "sidecars: %s is the id of two plugins" .id) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- $ids = append $ids .id -}}
{{- end -}}
{{- end -}}
