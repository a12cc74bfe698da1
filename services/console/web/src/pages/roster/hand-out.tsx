import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import classes from './hand-out.module.css'

export interface KeyedStudent {
  id: string
  name: string
  email: string
  key: string
}

/** On paper only: one slip for each student, to be cut apart. */
export function HandOut({ students }: { students: KeyedStudent[] }) {
  const { t } = useTranslation()
  const { name: course } = useCourse()
  return (
    <div className="print-only">
      {students.map(({ id, name, email, key }) => (
        <section key={id} className={classes.slip}>
          <strong>{name}</strong>
          <div>{email}</div>
          <div>{course}</div>
          <div className={classes.key}>{key}</div>
          <small>{t('roster:keys.slip', { page: `${location.origin}/me` })}</small>
        </section>
      ))}
    </div>
  )
}
