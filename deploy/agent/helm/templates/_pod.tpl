{{/* The pod, the same for both kinds. */}}
{{- define "farmops-agent.pod" -}}
metadata:
  labels:
    {{- include "farmops-agent.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A change of configuration starts the agent anew.
    checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "farmops-agent.serviceAccount" . }}
  # Only the agent's own container gets the token, as a volume below.
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    # The key's file has mode 0600 and must keep it.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- if .Values.agentKey.existingSecret }}
  initContainers:
    # A mounted Secret may be read by a group, which the agent refuses of a key: its own copy has mode 0600, and rotation
    # replaces it. What is there already stays.
    - name: take-key
      image: {{ include "farmops-agent.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command:
        - node
        - -e
        - |
          const { copyFileSync, chmodSync, existsSync, mkdirSync, renameSync } = require("node:fs")
          mkdirSync("/data/agent", { recursive: true, mode: 0o700 })
          for (const name of ["agent.key", "recovery.pub"]) {
            const [from, to] = [`/key/${name}`, `/data/agent/${name}`]
            if (!existsSync(from) || existsSync(to)) continue
            copyFileSync(from, `${to}.new`)
            chmodSync(`${to}.new`, 0o600)
            renameSync(`${to}.new`, to)
          }
      securityContext:
        {{- include "farmops-agent.containerSecurity" . | nindent 8 }}
      resources:
        limits: {memory: 128Mi}
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: key, mountPath: /key, readOnly: true}
  {{- end }}
  containers:
    - name: agent
      image: {{ include "farmops-agent.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: ["--config", "/etc/farmops/agent.yaml"]
      env:
        - name: TMPDIR
          value: /tmp
        - name: NODE_NAME
          valueFrom:
            fieldRef: {fieldPath: spec.nodeName}
      {{- if .Values.service.enabled }}
      ports:
        - name: webhooks
          containerPort: {{ .Values.service.port }}
      {{- end }}
      securityContext:
        {{- include "farmops-agent.containerSecurity" . | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      # The API listens on loopback only, so the questions are asked inside.
      startupProbe:
        exec: {command: ["node", "-e", "fetch('http://127.0.0.1:8444/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 60
      livenessProbe:
        exec: {command: ["node", "-e", "fetch('http://127.0.0.1:8444/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]}
        periodSeconds: 60
        timeoutSeconds: 10
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: config, mountPath: /etc/farmops, readOnly: true}
        - {name: tmp, mountPath: /tmp}
        - {name: plugins, mountPath: /run/farmops/plugins}
        {{- if .Values.sidecars }}
        - {name: sidecar-token, mountPath: /etc/farmops-sidecars, readOnly: true}
        {{- end }}
        - {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
    {{- range .Values.sidecars }}
    - name: plugin-{{ .name }}
      image: {{ .image }}
      env:
        - name: FARMOPS_PLUGIN_SOCKET
          value: /run/farmops/plugins/{{ .name }}.sock
        - name: FARMOPS_PLUGIN_TOKEN
          valueFrom:
            secretKeyRef: {name: {{ include "farmops-agent.fullname" $ }}-sidecars, key: token}
      securityContext:
        {{- include "farmops-agent.containerSecurity" $ | nindent 8 }}
      # Kept open: a plugin ends when its standard input does.
      stdin: true
      resources:
        {{- toYaml (default (dict "limits" (dict "memory" "128Mi" "cpu" "200m")) .resources) | nindent 8 }}
      volumeMounts:
        - {name: plugins, mountPath: /run/farmops/plugins}
    {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "farmops-agent.fullname" . }}}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    - name: plugins
      emptyDir: {medium: Memory, sizeLimit: 1Mi}
    - name: token
      projected:
        defaultMode: 0440
        sources:
          - serviceAccountToken: {path: token, expirationSeconds: 3600}
          - configMap:
              name: kube-root-ca.crt
              items: [{key: ca.crt, path: ca.crt}]
          - downwardAPI:
              items:
                - path: namespace
                  fieldRef: {fieldPath: metadata.namespace}
    {{- if .Values.sidecars }}
    - name: sidecar-token
      secret:
        secretName: {{ include "farmops-agent.fullname" . }}-sidecars
        defaultMode: 0440
    {{- end }}
    {{- if .Values.agentKey.existingSecret }}
    - name: key
      secret:
        secretName: {{ .Values.agentKey.existingSecret }}
        defaultMode: 0440
    {{- end }}
    - name: data
      {{- if not .Values.persistence.enabled }}
      emptyDir: {}
      {{- else if eq .Values.kind "Deployment" }}
      persistentVolumeClaim:
        claimName: {{ default (include "farmops-agent.fullname" .) .Values.persistence.existingClaim }}
      {{- else if .Values.persistence.storageClass }}
      ephemeral:
        volumeClaimTemplate:
          spec:
            accessModes: ["ReadWriteOnce"]
            storageClassName: {{ .Values.persistence.storageClass | quote }}
            resources:
              requests:
                storage: {{ .Values.persistence.size }}
      {{- else }}
      emptyDir: {sizeLimit: {{ .Values.persistence.size }}}
      {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
